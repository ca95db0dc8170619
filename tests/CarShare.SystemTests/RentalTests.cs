using System.Net;
using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.SystemTests;

/// <summary>Short durations, every delivery step by hand.</summary>
public sealed class ManualSystem : CarShareSystem
{
    /// <summary>A log file for each resource.</summary>
    public string Logs { get; } = Directory.CreateTempSubdirectory("carshare-logs-").FullName;

    /// <summary>Every program of CarShare is told to use it.</summary>
    public UnwantedProxy Proxy { get; } = new();

    protected override IEnumerable<string> Arguments =>
    [
        $"--CARSHARE_LOGS={Logs}",
        .. Services.Append("gateway").Append("web").Select(name => $"--Settings:{name}:ALL_PROXY={Proxy.Address}"),
        "--Settings:deliveries:Deliveries__AutoDispatchAfter=-00:00:01",
        "--Settings:deliveries:Deliveries__AutoRetrieveAfter=-00:00:01",
        "--Settings:orders:Orders__PendingTimeout=00:00:05",
        "--Settings:orders:Orders__PaymentTimeout=00:00:30",
        "--Settings:orders:Orders__HourLength=00:00:01",
        "--Settings:orders:Orders__SweepInterval=00:00:00.5",
    ];

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Proxy.Dispose();
        Directory.Delete(Logs, recursive: true);
    }
}

[CollectionDefinition(nameof(ManualSystem))]
public sealed class ManualSystemCollection : ICollectionFixture<ManualSystem>;

/// <summary>The story of a rental, through the gateway.</summary>
[Collection(nameof(ManualSystem))]
public sealed class RentalTests(ManualSystem system)
{
    // F1 F2 F3 F15 C23
    [Fact]
    public async Task A_paid_order_takes_a_car_and_the_money()
    {
        var product = await system.Operator().Registers(cars: 2, hourlyRate: 1_000);
        var alice = await system.Customer().TopUp(10_000);

        var order = await alice.Rents(product.ProductId, hours: 3);

        Assert.Equal((OrderStatus.Placed, 3_000m, alice.Name), (order.Status, order.Amount, order.CustomerId));
        Assert.Single(order.Vehicles);
        Assert.Equal(1, (await system.Operator().Product(product.ProductId)).Available);
        Assert.Equal(7_000m, (await alice.Deposit()).Balance);
        var payment = await alice.Http.GetFromJsonAsync<PaymentDto>($"/payments/{order.OrderId}", Json.Options);
        Assert.Equal((PaymentStatus.Approved, 3_000m), (payment!.Status, payment.Amount));
    }

    // F2 N1 C1 C24 D1 D13
    [Fact]
    public async Task Refused_payment_leaves_no_order_and_no_stock_taken()
    {
        var product = await system.Operator().Registers(cars: 1);
        var poor = await system.Customer().TopUp(1_999);

        using var answer = await poor.Order(product.ProductId, hours: 2);

        Assert.Equal(HttpStatusCode.PaymentRequired, answer.StatusCode);
        Assert.Contains("urn:carshare:problem:payment-declined", await answer.Content.ReadAsStringAsync());
        await Eventually.Holds(
            "the car is free again", async () => (await system.Operator().Product(product.ProductId)).Available == 1);
        Assert.Equal(1_999m, (await poor.Deposit()).Balance);
        Assert.All(await poor.Http.All<OrderDto>("/orders"), order => Assert.Equal(OrderStatus.Rejected, order.Status));
        Assert.Empty(await poor.Http.All<DeliveryDto>("/deliveries"));
    }

    // F3 C15 D5
    [Fact]
    public async Task The_last_car_can_be_rented_and_the_next_order_is_refused()
    {
        var product = await system.Operator().Registers(cars: 1);
        var alice = await system.Customer().TopUp(10_000);

        await alice.Rents(product.ProductId);
        using var refused = await alice.Order(product.ProductId);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("out-of-stock", await refused.Content.ReadAsStringAsync());
        Assert.Equal(8_000m, (await alice.Deposit()).Balance);
    }

    // C19 C23
    [Fact]
    public async Task An_unknown_product_is_404()
    {
        var alice = await system.Customer().TopUp(10_000);
        using var answer = await alice.Order(Guid.NewGuid());
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(10_000m, (await alice.Deposit()).Balance);
    }

    // F4 F9 F10 F12 F14 N5 C3 C4
    [Fact]
    public async Task From_placing_to_returning_in_time_every_step_is_on_the_customers_page()
    {
        var product = await system.Operator().Registers(cars: 3);
        var alice = await system.Customer().TopUp(100_000);
        var order = await alice.Rents(product.ProductId, hours: 60);

        await alice.SeesOnPage(order.OrderId, "preparing", p => p
            is { DeliveryStatus: DeliveryStatus.Preparing, PaymentStatus: PaymentStatus.Approved, RemainingStock: 2 });
        await system.Operator().Moves(order.OrderId, "dispatch");
        await alice.SeesOnPage(order.OrderId, "dispatched", p =>
            p is { DeliveryStatus: DeliveryStatus.Dispatched, OrderStatus: OrderStatus.Dispatched });
        await system.Operator().Moves(order.OrderId, "complete");
        var page = await alice.SeesOnPage(order.OrderId, "in use", p =>
            p is { DeliveryStatus: DeliveryStatus.Delivered, OrderStatus: OrderStatus.InUse, ReturnBy: not null });
        Assert.Equal(page.DeliveredAt!.Value.AddSeconds(60), page.ReturnBy!.Value, TimeSpan.FromMilliseconds(1));

        using var returned = await alice.Http.PostAsJsonAsync(
            $"/orders/{order.OrderId}/return", new { location = "Busan station" });
        Assert.Equal(HttpStatusCode.OK, returned.StatusCode);
        page = await alice.SeesOnPage(
            order.OrderId, "returned", p => p.OrderStatus == OrderStatus.Returned && p.RemainingStock == 3);

        Assert.Equal(40_000m, (await alice.Deposit()).Balance);
        var car = Assert.Single(
            await system.Operator().Vehicles(product.ProductId), v => v.VehicleId == order.Vehicles[0].VehicleId);
        Assert.Equal(("Busan station", VehicleState.Available, null), (car.Location, car.State, car.OrderId));
        var kinds = page.Timeline.Select(t => t.Event).ToList();
        Assert.Equal(3, kinds.Count(k => k == "order.progressed"));
        Assert.Equal(kinds.Distinct().Count(), kinds.Count - 2);
        foreach (var kind in (string[])[
            "payment.approved", "order.placed", "delivery.preparing", "delivery.dispatched", "delivery.delivered",
            "order.returned",
        ])
        {
            Assert.Contains(kind, kinds);
            await Eventually.Holds(
                $"one message about {kind}", async () => (await alice.Http.All<NotificationDto>("/notifications"))
                    .Count(n => n.OrderId == order.OrderId && n.Kind == kind) == 1);
        }
    }

    // F14
    [Fact]
    public async Task A_late_return_is_billed_by_the_started_hour()
    {
        var product = await system.Operator().Registers(cars: 1);
        var alice = await system.Customer().TopUp(1_500);
        var order = await alice.Rents(product.ProductId, hours: 1);
        await system.Operator().Moves(order.OrderId, "dispatch");
        await system.Operator().Moves(order.OrderId, "complete");
        var due = (await alice.SeesOrder(order.OrderId, OrderStatus.InUse)).ReturnBy!.Value;
        await Eventually.Holds(
            "the rental is a second late", () => Task.FromResult(DateTimeOffset.UtcNow > due.AddSeconds(1)));

        using var answer = await alice.Http.PostAsJsonAsync(
            $"/orders/{order.OrderId}/return", new { location = "Seoul depot" });

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var bill = await Eventually.Gets(
            "the bill", async () => (await alice.Http.All<LedgerEntryDto>("/deposits/ledger"))
                .SingleOrDefault(e => e.Kind == LedgerEntryKind.LateFee));
        var hours = -bill.Amount / 1_000;
        Assert.True(hours >= 2 && hours == decimal.Truncate(hours), $"{hours} late hours");
        Assert.Equal(new DepositDto(alice.Name, 0, (hours * 1_000) - 500), await alice.Deposit());
        await alice.TopUp(hours * 1_000);
        Assert.Equal(new DepositDto(alice.Name, 500, 0), await alice.Deposit());
    }

    // F11 F6 C-: a defective car is replaced as long as there is one
    [Fact]
    public async Task A_defective_car_is_replaced_and_without_replacement_the_order_is_cancelled_and_refunded()
    {
        var product = await system.Operator().Registers(cars: 2);
        var alice = await system.Customer().TopUp(10_000);
        var order = await alice.Rents(product.ProductId);
        var first = order.Vehicles[0].VehicleId;

        await system.Operator().MarksDefective(product.ProductId, first);
        var second = (await alice.SeesOnPage(order.OrderId, "another car", p =>
            p.Vehicles.Count == 1 && p.Vehicles[0].VehicleId != first)).Vehicles[0].VehicleId;
        await Eventually.Holds("the order and the delivery have it too", async () =>
            (await alice.Reads(order.OrderId)).Vehicles.Single().VehicleId == second
                && (await system.Operator().Delivery(order.OrderId))?.Vehicles.Single().VehicleId == second);

        await system.Operator().MarksDefective(product.ProductId, second);
        var page = await alice.SeesOnPage(order.OrderId, "cancelled and refunded", p => p is
        {
            OrderStatus: OrderStatus.Cancelled, PaymentStatus: PaymentStatus.Refunded,
            DeliveryStatus: DeliveryStatus.Cancelled, RemainingStock: 0
        });
        Assert.Equal(10_000m, (await alice.Deposit()).Balance);
        Assert.Equal("StockShortage", (await alice.Reads(order.OrderId)).Reason);
        Assert.Contains(page.Timeline, t => t.Event == "order.cancelled");
    }

    // N8 C25 C26 C27
    [Fact]
    public async Task Nobody_sees_or_touches_what_is_somebody_elses()
    {
        var product = await system.Operator().Registers(cars: 1);
        var alice = await system.Customer().TopUp(10_000);
        var order = await alice.Rents(product.ProductId);
        await alice.SeesOnPage(order.OrderId, "anything", _ => true);
        var mallory = system.Customer();

        foreach (var route in (string[])[
            $"/orders/{order.OrderId}", $"/payments/{order.OrderId}", $"/deliveries/{order.OrderId}",
            $"/customerpages/{order.OrderId}",
        ])
        {
            using var answer = await mallory.Http.GetAsync(route);
            Assert.Equal((route, HttpStatusCode.NotFound), (route, answer.StatusCode));
        }

        using var cancel = await mallory.Http.DeleteAsync($"/orders/{order.OrderId}");
        Assert.Equal(HttpStatusCode.NotFound, cancel.StatusCode);
        using var register = await mallory.Http.PostAsJsonAsync(
            "/stocks", new { modelName = "m", hourlyRate = 1, location = "l", plates = Array.Empty<string>() });
        Assert.Equal(HttpStatusCode.Forbidden, register.StatusCode);
        using var write = await alice.Http.PostAsJsonAsync("/customerpages", new { });
        Assert.Equal(HttpStatusCode.MethodNotAllowed, write.StatusCode);
        using var nobody = await system.Gateway().GetAsync("/orders");
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
    }

    // F17
    [Theory]
    [InlineData("/internal/events/redrive")]
    [InlineData("//internal/events/redrive")]
    [InlineData("/orders/../internal/events/redrive")]
    [InlineData("/orders/%2e%2e/internal/events/redrive")]
    [InlineData("/INTERNAL/events/redrive")]
    [InlineData("/health")]
    [InlineData("/alive")]
    [InlineData("/started")]
    public async Task What_is_internal_does_not_answer_at_the_gateway(string path)
    {
        using var http = system.Gateway();
        using var answer = await http.GetAsync(
            new Uri(http.BaseAddress + path.TrimStart('/').Insert(0, path.StartsWith("//", StringComparison.Ordinal)
                ? "/"
                : ""), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("orders")]
    [InlineData("stocks")]
    [InlineData("payments")]
    [InlineData("deliveries")]
    [InlineData("notifications")]
    [InlineData("customerpages")]
    public async Task Every_service_shows_its_openapi_document(string service)
    {
        using var answer = await system.Gateway().GetAsync($"/openapi/{service}.json");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var document = await answer.Content.ReadAsStringAsync();
        Assert.Contains("\"paths\"", document);
        Assert.DoesNotContain("/internal", document);
    }

    // F9
    [Fact]
    public async Task Paying_dispatching_and_cancelling_are_each_on_the_customers_page()
    {
        var product = await system.Operator().Registers(cars: 1, hourlyRate: 1);
        var alice = await system.Customer().TopUp(10_000);
        var order = await alice.Rents(product.ProductId);
        await alice.SeesOnPage(order.OrderId, "placed and paid", p =>
            p is { OrderStatus: >= OrderStatus.Placed, PaymentStatus: PaymentStatus.Approved });
        await system.Operator().Moves(order.OrderId, "dispatch");
        await alice.SeesOnPage(order.OrderId, "dispatched", p =>
            p is { DeliveryStatus: DeliveryStatus.Dispatched, OrderStatus: OrderStatus.Dispatched });
        await alice.Cancels(order.OrderId);
        await alice.SeesOnPage(order.OrderId, "undone", p => p is
        {
            OrderStatus: OrderStatus.Cancelled,
            PaymentStatus: PaymentStatus.Refunded, DeliveryStatus: DeliveryStatus.Retrieving
        });
    }

    [Fact]
    public async Task Demo_data_is_there_once_however_often_its_button_is_pressed()
    {
        for (var times = 0; times < 2; times++) await system.Command("gateway", "demo-data");
        var cars = from product in await system.Operator().Http.All<ProductDto>("/stocks")
                   where product.ModelName is "Ioniq 5" or "Casper Electric" or "Staria"
                   orderby product.ModelName
                   select (product.ModelName, product.Total);
        Assert.Equal([("Casper Electric", 2), ("Ioniq 5", 3), ("Staria", 1)], cars);
        foreach (var name in (string[])["alice", "bob"])
            Assert.Equal(500_000, (await system.Customer(name).Deposit()).Balance);
    }
}
