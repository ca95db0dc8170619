using System.Net;
using System.Text;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Orders.OrdersFixture;

namespace CarShare.ServiceTests.Orders;

/// <summary>Each row of the table of answers.</summary>
[Collection(OrdersCollection.Name)]
public sealed class PlaceOrderTests(OrdersFixture orders)
{
    [Fact] // C1 C4 D3: the event follows the stock check and the payment, and says everything
    public async Task A_reserved_and_paid_order_is_placed_and_announced()
    {
        var (customer, product) = (Customer(), Guid.CreateVersion7());
        var reply = await orders.Place(customer, product, quantity: 2);

        Assert.Equal((HttpStatusCode.Created, $"/orders/{reply.Order.OrderId}", null), (
            reply.Status, reply.Location, reply.RetryAfter));
        var order = reply.Order;
        Assert.Equal((OrderStatus.Placed, 48_000m, 8_000m, "Ioniq 5", 2), (
            order.Status, order.Amount, order.HourlyRate, order.ModelName, order.Vehicles.Count));
        Assert.Equal([OrderStatus.Pending, OrderStatus.Placed], order.History.Select(h => h.Status));
        Assert.Equivalent(order, await orders.Get(order.OrderId));
        Assert.Equal(new PayRequest(customer, 48_000), Assert.Single(orders.Neighbours.Payments, p =>
            p.OrderId == order.OrderId).Request);

        var placed = await orders.Broker.Sees<OrderPlaced>(e => e.OrderId == order.OrderId);
        Assert.Equal(
            (customer, product, "Ioniq 5", 2, 1, 3, 8_000m, 48_000m, NeighbourStub.PaymentOf(order.OrderId),
                order.DeliveryAddress),
            (placed.CustomerId, placed.ProductId, placed.ModelName, placed.Quantity, placed.Revision, placed.Hours,
                placed.HourlyRate, placed.Amount, placed.PaymentId,
                    placed.DeliveryAddress));
        Assert.Equal(order.Vehicles, placed.Vehicles);
    }

    [Fact] // C19
    public async Task An_unknown_product_is_404_and_announces_nothing() =>
        await Refused(product => orders.Neighbours.Stocks(product, NeighbourStub.Problem(404, "not-found")),
            HttpStatusCode.NotFound, "unknown-product", "");

    [Fact] // C1 C15 D1 D5
    public async Task No_car_left_is_409_and_announces_nothing() =>
        await Refused(product => orders.Neighbours.Stocks(product, NeighbourStub.Problem(409, "out-of-stock")),
            HttpStatusCode.Conflict, "out-of-stock", "");

    [Fact] // the first sending may still find the car that the second one did not
    public async Task No_car_left_after_a_lost_answer_is_announced_so_that_nothing_stays_held()
    {
        var sent = 0;
        await Refused(
            product => orders.Neighbours.Stocks(product, (_, _, _) => Task.FromResult(
                Interlocked.Increment(ref sent) == 1 ? NeighbourStub.Dead : NeighbourStub.Problem(
                    409, "out-of-stock"))),
            HttpStatusCode.Conflict, "out-of-stock", "rejected");
    }

    [Fact] // C1 C29 D13
    public async Task A_declined_payment_is_402_and_the_order_is_rejected()
    {
        var customer = Customer();
        orders.Neighbours.Pay(customer, NeighbourStub.Problem(402, "payment-declined"));
        await Refused(_ => { }, HttpStatusCode.PaymentRequired, "payment-declined", "rejected", customer);
    }

    [Fact]
    public async Task An_amount_above_the_limit_is_422_and_the_cars_are_given_back() => await Refused(
        product => orders.Neighbours.Stocks(
            product, (_, _, request) => Task.FromResult(NeighbourStub.Cars(request, rate: 90_000_000))),
        HttpStatusCode.UnprocessableEntity, "amount-too-large", "rejected");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stocks_away_or_silent_is_503_in_a_moment_and_the_key_is_free_again(bool silent)
    {
        var (customer, product, key) = (Customer(), Guid.CreateVersion7(), Guid.NewGuid().ToString());
        orders.Neighbours.Stocks(
            product, (http, _, _) => silent ? NeighbourStub.Silence(http) : Task.FromResult(NeighbourStub.Dead));
        var (reply, took) = await orders.PlaceInAHurry(customer, product, key);

        Assert.InRange(took, TimeSpan.Zero, Eventually.Moment);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "stocks-unavailable", TimeSpan.FromSeconds(1)), (
            reply.Status, reply.Code, reply.RetryAfter));
        var rejected = Assert.Single(await orders.OrdersOf(customer));
        Assert.Equal((OrderStatus.Rejected, null), (rejected.Status, rejected.IdempotencyKey));
        Assert.Equal(["rejected"], await orders.Announced(rejected.OrderId));
        Assert.DoesNotContain(orders.Neighbours.Payments, p => p.OrderId == rejected.OrderId);

        orders.Neighbours.Stocks(product, (_, _, request) => Task.FromResult(NeighbourStub.Cars(request)));
        var again = await orders.Place(customer, product, key);
        Assert.Equal(HttpStatusCode.Created, again.Status);
        Assert.NotEqual(rejected.OrderId, again.Order.OrderId);
    }

    [Theory] // D13: asked to pay later, never stored as a normal order
    [InlineData(false)]
    [InlineData(true)]
    public async Task Payments_away_or_silent_is_202_in_a_moment_and_the_order_waits_unpaid(bool silent)
    {
        var customer = Customer();
        orders.Neighbours.Pay(
            customer, (http, _, _) => silent ? NeighbourStub.Silence(http) : Task.FromResult(NeighbourStub.Dead));
        var (reply, took) = await orders.PlaceInAHurry(customer);

        Assert.InRange(took, TimeSpan.Zero, Eventually.Moment);
        Assert.Equal((HttpStatusCode.Accepted, $"/orders/{reply.Order.OrderId}", OrderStatus.AwaitingPayment), (
            reply.Status, reply.Location, reply.Order.Status));
        Assert.NotNull(reply.RetryAfter);
        Assert.InRange(
            reply.Order.ExpiresAt!.Value - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        var waits = await orders.Broker.Sees<OrderAwaitingPayment>(e => e.OrderId == reply.Order.OrderId);
        Assert.Equal((24_000m, reply.Order.ProductId, 1), (waits.Amount, waits.ProductId, waits.Quantity));
        Assert.Equal(["awaitingpayment"], await orders.Announced(reply.Order.OrderId));
    }

    [Theory] // C28
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_transaction_is_open_while_a_neighbour_is_asked(bool stocks)
    {
        var (customer, product, free) = (Customer(), Guid.CreateVersion7(), false);
        await using var connection = await orders.Connect();
        async Task LooksForTransactions()
        {
            await using var command = new Npgsql.NpgsqlCommand(
                """
                SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                    AND state LIKE 'idle in transaction%'
                """,
                connection);
            // Others of the service may be in the middle of theirs for a moment; one held for this call would stay
            // until it ends.
            await Eventually.Holds("no transaction is open", async () =>
                (long)(await command.ExecuteScalarAsync())! == 0, TimeSpan.FromMilliseconds(500));
            free = true;
        }

        if (stocks)
            orders.Neighbours.Stocks(product,
                async (_, _, request) => { await LooksForTransactions(); return NeighbourStub.Cars(request); });
        else
            orders.Neighbours.Pay(
                customer, async (_, id, _) => { await LooksForTransactions(); return NeighbourStub.Approved(id); });

        Assert.Equal(HttpStatusCode.Created, (await orders.Place(customer, product)).Status);
        Assert.True(free);
    }

    [Fact]
    public async Task A_neighbour_that_talks_nonsense_is_no_answer()
    {
        var (customer, product) = (Customer(), Guid.CreateVersion7());
        orders.Neighbours.Stocks(product, Microsoft.AspNetCore.Http.Results.Text("<html>"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await orders.Place(customer, product)).Status);
        orders.Neighbours.Pay(customer, Microsoft.AspNetCore.Http.Results.Text("<html>"));
        Assert.Equal(HttpStatusCode.Accepted, (await orders.Place(customer)).Status);
    }

    [Fact]
    public async Task One_particular_car_is_asked_for_by_its_id()
    {
        var car = Guid.CreateVersion7();
        var reply = await orders.Place(Customer(), vehicleId: car);
        Assert.Equal(new ReserveRequest(1, car), Assert.Single(orders.Neighbours.Reservations, r =>
            r.OrderId == reply.Order.OrderId).Request);
    }

    public static TheoryData<string, string> BadBodies() => new()
    {
        { """{"hours":3,"deliveryAddress":"here"}""", "productId" },
        { """{"productId":"00000000-0000-0000-0000-000000000000","hours":3,"deliveryAddress":"here"}""", "productId" },
        { """{"productId":"7","hours":3,"deliveryAddress":"here"}""", "productId" },
        { Good("\"quantity\":0,"), "quantity" },
        { Good("\"quantity\":-1,"), "quantity" },
        { Good("\"quantity\":21,"), "quantity" },
        { Good("\"quantity\":99999999999,"), "quantity" },
        { Good("\"quantity\":null,"), "quantity" },
        { Good("\"quantity\":\"two\","), "quantity" },
        { Good("\"quantity\":2,\"vehicleId\":\"01900000-0000-7000-8000-000000000001\","), "quantity" },
        { Good("\"vehicleId\":\"00000000-0000-0000-0000-000000000000\","), "vehicleId" },
        { Good("", hours: "0"), "hours" },
        { Good("", hours: "721"), "hours" },
        { Good("", hours: "1.5"), "hours" },
        { Good("", address: "a\\u0007b"), "deliveryAddress" },
        { Good("", address: "   "), "deliveryAddress" },
        { Good("", address: new string('x', 201)), "deliveryAddress" },
        { Good("\"amount\":1,"), "amount" },
        { Good("\"orderId\":\"01900000-0000-7000-8000-000000000001\","), "orderId" },
        { "", "body" },
        { "null", "body" },
        { "[]", "body" },
        { "{", "body" },
    };

    [Theory] // C18 C24 D2 D10: no empty quantity, no price and no order id from outside
    [MemberData(nameof(BadBodies))]
    public async Task Bad_input_is_400_naming_the_field_and_stores_nothing(string body, string field)
    {
        var customer = Customer();
        var reply = await orders.Send(
            customer, HttpMethod.Post, "/orders", new StringContent(body, Encoding.UTF8, "application/json"), "key");
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(field, reply.Fields);
        Assert.Empty(await orders.OrdersOf(customer));
    }

    [Fact]
    public async Task Invalid_utf8_is_400()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(Good("", address: "#"))];
        bytes[Array.IndexOf(bytes, (byte)'#')] = 0xFF;
        var content = new ByteArrayContent(bytes) { Headers = { { "Content-Type", "application/json" } } };
        Assert.Equal(HttpStatusCode.BadRequest,
            (await orders.Send(Customer(), HttpMethod.Post, "/orders", content, "key")).Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData(
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901")]
    public async Task A_missing_or_oversized_key_is_400(string? key)
    {
        var reply = await orders.Send(Customer(), HttpMethod.Post, "/orders", Body(Guid.CreateVersion7()), key);
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal(["Idempotency-Key"], reply.Fields);
    }

    [Fact]
    public async Task The_neighbours_are_called_with_the_token_of_orders_not_the_customers()
    {
        await orders.Placed(Customer());
        Assert.Equal(["orders"], orders.Neighbours.Callers.Keys);
    }

    [Fact] // C25 C27
    public async Task Only_a_customer_orders()
    {
        Assert.Equal(HttpStatusCode.Forbidden,
            (await orders.Send(null, HttpMethod.Post, "/orders", Body(Guid.CreateVersion7()), "key")).Status);
        using var nobody = orders.Anonymous();
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync("/orders")).StatusCode);
    }

    [Fact]
    public async Task Too_many_orders_at_once_are_sent_away_before_anything_is_stored()
    {
        var small = await orders.StartReplica(
            ("Orders:MaxConcurrent", "1"), ("Orders:MaxWaiting", "1"), ("Orders:MaxWait", "00:00:00.2"));
        var (customer, turnedAway, product) = (Customer(), Customer(), Guid.CreateVersion7());
        var (inside, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        orders.Neighbours.Stocks(product, async (_, _, request) =>
        {
            inside.TrySetResult();
            await release.Task;
            return NeighbourStub.Cars(request);
        });
        using var client = orders.As(customer, small);
        using var more = orders.As(turnedAway, small);
        var first = Post(client);
        await inside.Task;
        var others = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Post(more)));
        release.SetResult();

        Assert.All(others, a => Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(1)), (a.StatusCode, a.Headers.RetryAfter?.Delta)));
        Assert.Empty(await orders.OrdersOf(turnedAway));
        Assert.Equal(HttpStatusCode.Created, (await first).StatusCode);

        Task<HttpResponseMessage> Post(HttpClient http)
        {
            var request = new HttpRequestMessage(
                HttpMethod.Post, "/orders")
            { Content = System.Net.Http.Json.JsonContent.Create(Body(product)) };
            request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
            return http.SendAsync(request);
        }
    }

    async Task Refused(
        Action<Guid> script, HttpStatusCode status, string code, string announced, string? customer = null)
    {
        var (who, product, key) = (customer ?? Customer(), Guid.CreateVersion7(), Guid.NewGuid().ToString());
        script(product);
        var reply = await orders.Place(who, product, key);

        Assert.Equal((status, code), (reply.Status, reply.Code));
        var order = Assert.Single(await orders.OrdersOf(who));
        Assert.Equal((OrderStatus.Rejected, code), (order.Status, order.Reason));
        Assert.Equal(announced, string.Join(',', await orders.Announced(order.OrderId)));
        Assert.Equal([OrderStatus.Pending, OrderStatus.Rejected], (await orders.Get(order.OrderId)).History
            .Select(h => h.Status));
        Assert.Equal(reply, await orders.Place(who, product, key));
        if (announced == "rejected")
            Assert.Equal((code, product, 1), await orders.Broker.Sees<OrderRejected>(e => e.OrderId == order.OrderId)
                is var e ? (e.Reason, e.ProductId, e.Quantity) : default);
    }

    static string Good(string more, string hours = "3", string address = "here") =>
        $$"""
        {"productId":"01900000-0000-7000-8000-000000000000",{{more}}
        "hours":{{hours}},"deliveryAddress":"{{address}}"}
        """;
}
