using System.Net;
using CarShare.Contracts;
using CarShare.Orders.Grpc;
using CarShare.Tests;
using Grpc.Core;
using Grpc.Net.Client;
using static CarShare.ServiceTests.Orders.OrdersFixture;
using OrdersClient = CarShare.Orders.Grpc.Orders.OrdersClient;

namespace CarShare.ServiceTests.Orders;

/// <summary>Orders as a process that also listens for gRPC, with the gateway in front of it.</summary>
public sealed class GrpcFixture(Servers servers, IdentityServer identity) : OrdersFixture(servers, identity)
{
    readonly int _orders = ChildProcess.FreePort(), _gateway = ChildProcess.FreePort(), _http = ChildProcess.FreePort();
    ChildProcess? _process, _proxy;

    GrpcChannel? _channel;

    /// <summary>Asks at the gateway.</summary>
    public OrdersClient Client => new(_channel!);

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _process = await StartProcess("grpc", (ServiceDefaults.ExtraPort.Grpc, $"{_orders}"));
        _proxy = ChildProcess.Start(
            "dotnet", [Path.Combine(ChildProcess.RepositoryRoot, "CarShare.Gateway/bin", ChildProcess.Configuration,
                "net10.0/CarShare.Gateway.dll")],
            new Dictionary<string, string>
            {
                ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_http}",
                [ServiceDefaults.ExtraPort.Grpc] = $"{_gateway}",
                ["Authentication__Authority"] = Identity.Authority,
                ["services__orders__grpc__0"] = $"http://127.0.0.1:{_orders}",
            });
        await _proxy.Listens(_gateway, TimeSpan.FromMinutes(1));
        _channel = GrpcChannel.ForAddress($"http://127.0.0.1:{_gateway}");
    }

    public override async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (_proxy is not null) await _proxy.DisposeAsync();
        if (_process is not null) await _process.DisposeAsync();
        await base.DisposeAsync();
    }

    public async Task<Metadata> TokenOf(string user) =>
        new() { { "authorization", $"Bearer {await Identity.Token(user)}" } };

    /// <summary>What the process of orders has written.</summary>
    public string Log => _process!.Output;

    /// <summary>Sends these bytes as the whole body of a call.</summary>
    public async Task<(StatusCode Status, string Detail)> Send(string user, string method, byte[] body)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Post, $"http://127.0.0.1:{_gateway}/carshare.orders.v1.Orders/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { { "authorization", $"Bearer {await Identity.Token(user)}" }, { "te", "trailers" } },
            Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/grpc") } },
        };
        using var answer = await http.SendAsync(request);
        await answer.Content.LoadIntoBufferAsync();
        string Said(string name) => (answer.TrailingHeaders.TryGetValues(name, out var values)
            || answer.Headers.TryGetValues(name, out values)) ? Uri.UnescapeDataString(values.Single()) : "";
        return (Enum.Parse<StatusCode>(Said("grpc-status")), Said("grpc-message"));
    }
}

/// <summary>N9: another inbound adapter over the same use cases, with the same answers to the same people.</summary>
public sealed class GrpcTests(GrpcFixture orders) : IClassFixture<GrpcFixture>
{
    readonly string _customer = Customer();

    [Fact]
    public async Task An_order_placed_over_grpc_is_the_same_order_over_http()
    {
        var placed = await Place(Command(quantity: 2, contact: true));
        Assert.Equal((OrderState.Placed, 48_000, 8_000, "Ioniq 5", 2), (
            placed.State, placed.Amount, placed.HourlyRate, placed.ModelName, placed.Vehicles.Count));

        var seen = await orders.Get(Guid.Parse(placed.OrderId));
        Assert.Equal((_customer, OrderStatus.Placed, 48_000m, new CarShare.Contracts.Contact("Alice", "010-1234")), (
            seen.CustomerId, seen.Status, seen.Amount, seen.Contact));
        Assert.Equal(
            placed, await orders.Client.GetAsync(new() { OrderId = placed.OrderId }, await orders.TokenOf(_customer)));
        Assert.Equal(["placed"], await orders.Announced(seen.OrderId));
    }

    [Fact]
    public async Task A_key_stands_for_one_order_whichever_way_it_is_sent()
    {
        var command = Command();
        var first = await orders.Place(_customer, Guid.Parse(command.ProductId), command.IdempotencyKey);
        var second = await Place(command);
        Assert.Equal(first.Order.OrderId.ToString(), second.OrderId);

        command.Hours++;
        await Refused(Place(command), StatusCode.InvalidArgument, "idempotency-key-reused");
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("a, b; c=\"d\" ~!")]
    public async Task A_key_that_a_header_can_hold_is_a_key_here(string words)
    {
        var command = Command();
        command.IdempotencyKey = words;
        var first = await orders.Place(_customer, Guid.Parse(command.ProductId), words);
        Assert.Equal(first.Order.OrderId.ToString(), (await Place(command)).OrderId);
    }

    [Fact]
    public async Task Cancelling_is_repeatable_and_refused_once_the_car_is_handed_over()
    {
        var name = new OrderName { OrderId = (await Place(Command())).OrderId };
        for (var i = 0; i < 2; i++)
            Assert.Equal((OrderState.Cancelled, "Customer"), await Cancel(name) is var order
                ? (order.State, order.Reason)
                : default);
        Assert.Equal(["placed", "cancelled"], await orders.Announced(Guid.Parse(name.OrderId)));

        var used = (await Place(Command())).OrderId;
        var now = DateTimeOffset.UtcNow;
        await orders.Broker.Publish(
            new DeliveryDelivered(Guid.Parse(used), _customer, now, Guid.NewGuid(), "here", [], now));
        await orders.Reaches(Guid.Parse(used), OrderStatus.InUse);
        await Refused(Cancel(new() { OrderId = used }), StatusCode.FailedPrecondition, "not-cancellable");
    }

    [Fact]
    public async Task Refusals_say_why()
    {
        orders.Neighbours.Deposit(_customer, 0);
        await Refused(Place(Command()), StatusCode.FailedPrecondition, "payment-declined");
        var product = Guid.CreateVersion7();
        orders.Neighbours.Deposit(_customer, 1_000_000);
        orders.Neighbours.Stocks(product, NeighbourStub.Problem(409, "out-of-stock"));
        await Refused(Place(Command(product)), StatusCode.FailedPrecondition, "out-of-stock");
        orders.Neighbours.Stocks(product, NeighbourStub.Dead);
        await Refused(Place(Command(product)), StatusCode.Unavailable, "stocks-unavailable");
        await Refused(Get(Guid.NewGuid().ToString()), StatusCode.NotFound, "not-found");
    }

    [Theory]
    [InlineData("hours", "hours")]
    [InlineData("address", "deliveryAddress")]
    [InlineData("control", "delivery_address")]
    [InlineData("product", "product_id")]
    [InlineData("key", "Idempotency-Key")]
    [InlineData("key with a control character", "Idempotency-Key")]
    [InlineData("key behind a blank", "idempotency_key")]
    [InlineData("key beyond ASCII", "idempotency_key")]
    [InlineData("signed product", "product_id")]
    [InlineData("prefixed car", "vehicle_id")]
    public async Task Bad_input_is_named(string what, string field)
    {
        var command = Command();
        if (what == "hours") command.Hours = 0;
        if (what == "address") command.DeliveryAddress = " ";
        if (what == "control") command.DeliveryAddress = "a\u0007b";
        if (what == "product") command.ProductId = $"{{{command.ProductId}}}";
        if (what == "key") command.IdempotencyKey = "";
        if (what == "key with a control character") command.IdempotencyKey = "a\tb";
        if (what == "key behind a blank") command.IdempotencyKey = " a";
        if (what == "key beyond ASCII") command.IdempotencyKey = "caf\u00e9";
        if (what == "signed product") command.ProductId = "+" + command.ProductId[1..];
        if (what == "prefixed car") command.VehicleId = $"{Guid.NewGuid()}"[..9] + "0x12-4abc-8abc-0123456789ab";
        Assert.Contains(field, (await Refused(Place(command), StatusCode.InvalidArgument, "validation")).Status.Detail,
            StringComparison.Ordinal);
        Assert.Empty(await orders.OrdersOf(_customer));
    }

    [Theory]
    [InlineData("Place", "18FF", "message")] // a number without its end
    [InlineData("Place", "0A6461", "message")] // a text longer than the message
    [InlineData("Get", "0A02C328", "message")] // a text that is no UTF-8
    [InlineData("Get", "0F", "message")] // a wire type that is none
    [InlineData("Get", "0C", "message")] // the end of a group that never began
    [InlineData("Cancel", "00", "message")] // a field without a number
    [InlineData("Place", "0801", "product_id")] // a number where the text belongs: a field nobody knows
    [InlineData("Place", "", "product_id")] // nothing but defaults
    [InlineData("Cancel", "", "order_id")]
    public async Task Bytes_that_are_no_message_are_the_callers_mistake(string method, string hex, string field)
    {
        var message = Convert.FromHexString(hex);
        var (status, detail) = await orders.Send(_customer, method, [0, 0, 0, 0, (byte)message.Length, .. message]);
        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.StartsWith(field, detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Grpc.AspNetCore", orders.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0200000000")] // neither compressed nor not
    [InlineData("FF00000000")]
    [InlineData("7B226F726465724964223A317D")] // JSON
    [InlineData("000000000000")] // something behind the message
    [InlineData("00000000020A000000000000")] // two of them
    public async Task A_frame_that_gRPC_does_not_know_is_the_callers_mistake(string hex)
    {
        var (status, detail) = await orders.Send(_customer, "Get", Convert.FromHexString(hex));
        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.StartsWith("message", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Grpc.AspNetCore", orders.Log, StringComparison.Ordinal);
    }

    [Theory] // as gRPC has it
    [InlineData("00000000090A", StatusCode.Internal)] // longer than what comes
    [InlineData("0100000000", StatusCode.Internal)] // compressed, and nothing says how
    [InlineData("", StatusCode.Internal)]
    [InlineData("007FFFFFFF", StatusCode.ResourceExhausted)]
    public async Task A_frame_without_a_message_is_no_error_in_the_log(string hex, StatusCode status)
    {
        Assert.Equal(status, (await orders.Send(_customer, "Get", Convert.FromHexString(hex))).Status);
        Assert.DoesNotContain("Grpc.AspNetCore", orders.Log, StringComparison.Ordinal);
    }

    [Fact] // C25 C27
    public async Task Nobody_reaches_more_than_over_http()
    {
        var order = (await Place(Command())).OrderId;
        var (other, operators) = (await orders.TokenOf(Customer("bob")), await orders.TokenOf("operator"));
        Assert.Equal(StatusCode.NotFound, await StatusOf(
            orders.Client.GetAsync(new() { OrderId = order }, other).ResponseAsync));
        Assert.Equal(StatusCode.NotFound, await StatusOf(
            orders.Client.CancelAsync(new() { OrderId = order }, other).ResponseAsync));
        Assert.Equal(StatusCode.Unauthenticated, await StatusOf(
            orders.Client.GetAsync(new() { OrderId = order }).ResponseAsync));
        Assert.Equal(
            StatusCode.PermissionDenied, await StatusOf(orders.Client.PlaceAsync(Command(), operators).ResponseAsync));
        Assert.Equal(OrderState.Placed, (await orders.Client.GetAsync(new() { OrderId = order }, operators)).State);
        Assert.Equal("Operator", (await orders.Client.CancelAsync(new() { OrderId = order }, operators)).Reason);
    }

    [Fact]
    public async Task With_payments_away_the_order_waits()
    {
        orders.Neighbours.Pay(_customer, NeighbourStub.Dead);
        var waiting = await Place(Command());
        Assert.Equal(OrderState.AwaitingPayment, waiting.State);
        Assert.Equal(["awaitingpayment"], await orders.Announced(Guid.Parse(waiting.OrderId)));
    }

    async Task<CarShare.Orders.Grpc.Order> Place(PlaceOrderCommand command) =>
        await orders.Client.PlaceAsync(command, await orders.TokenOf(_customer));

    async Task<CarShare.Orders.Grpc.Order> Cancel(OrderName name) =>
        await orders.Client.CancelAsync(name, await orders.TokenOf(_customer));

    async Task<CarShare.Orders.Grpc.Order> Get(string id) =>
        await orders.Client.GetAsync(new() { OrderId = id }, await orders.TokenOf(_customer));

    static PlaceOrderCommand Command(Guid? product = null, int quantity = 1, bool contact = false) => new()
    {
        IdempotencyKey = $"{Guid.NewGuid()}",
        ProductId = $"{product ?? Guid.CreateVersion7()}",
        Quantity = quantity,
        Hours = 3,
        DeliveryAddress = "1 Sejong-daero, Seoul",
        Contact = contact ? new() { Name = "Alice", Phone = "010-1234" } : null,
    };

    static async Task<RpcException> Refused(Task call, StatusCode status, string code)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal((status, code), (refused.StatusCode, refused.Trailers.GetValue("carshare-problem")));
        return refused;
    }

    static async Task<StatusCode> StatusOf(Task call) =>
        (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode;
}
