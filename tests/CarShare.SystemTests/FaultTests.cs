using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.SystemTests;

/// <summary>Services, the broker and the view are stopped, killed and frozen; then everything is counted.</summary>
[Collection(nameof(ManualSystem))]
public sealed class FaultTests(ManualSystem system)
{
    // N2 N3 D13
    [Fact]
    public async Task With_payments_down_an_order_waits_for_its_payment_and_is_placed_once_it_is_paid()
    {
        var product = await system.Operator().Registers(cars: 1);
        var alice = await system.Customer().TopUp(10_000);
        await system.Stop("payments");

        var start = Stopwatch.GetTimestamp();
        using var waiting = await alice.Order(product.ProductId);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.Accepted, waiting.StatusCode);
        Assert.NotNull(waiting.Headers.RetryAfter);
        var order = await waiting.Read<OrderDto>();
        Assert.Equal(($"/orders/{order.OrderId}", OrderStatus.AwaitingPayment), (
            waiting.Headers.Location?.ToString(), order.Status));

        await system.Start("payments");
        await Eventually.Holds("the payment goes through", async () =>
        {
            using var paid = await alice.Http.PostAsync($"/orders/{order.OrderId}/payment", null);
            return paid.StatusCode == HttpStatusCode.OK
                && (await paid.Read<OrderDto>()).Status is OrderStatus.Placed or OrderStatus.Preparing;
        });
        await alice.SeesOnPage(order.OrderId, "being prepared", p => p.DeliveryStatus == DeliveryStatus.Preparing);
        Assert.Equal(8_000m, (await alice.Deposit()).Balance);
        await Books.Balance(system.Operator(), product.ProductId, [alice], 10_000);
    }

    // N1 N3 C28 C30
    [Fact]
    public async Task With_stocks_down_orders_are_held_off_quickly_and_the_same_key_gets_a_fresh_try_afterwards()
    {
        var product = await system.Operator().Registers(cars: 1);
        var alice = await system.Customer().TopUp(10_000);
        var key = Guid.NewGuid().ToString();
        await system.Stop("stocks");

        var start = Stopwatch.GetTimestamp();
        using var refused = await alice.Order(product.ProductId, key: key);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);

        await system.Start("stocks");
        await Eventually.Holds("the same key is a fresh try", async () =>
        {
            using var answer = await alice.Order(product.ProductId, key: key);
            return answer.StatusCode == HttpStatusCode.Created;
        });
        await Books.Balance(system.Operator(), product.ProductId, [alice], 10_000);
    }

    // N2 C2 C6
    [Theory]
    [InlineData("deliveries")]
    [InlineData("notifications")]
    [InlineData("customerpages")]
    public async Task Orders_are_accepted_and_cancelled_while_a_consumer_is_down_and_it_catches_up(string down)
    {
        var product = await system.Operator().Registers(cars: 20);
        var alice = await system.Customer().TopUp(100_000);
        await system.Stop(down);
        var kept = new List<Guid>();
        var cancelled = new List<Guid>();
        for (var i = 0; i < 10; i++)
        {
            kept.Add((await alice.Rents(product.ProductId)).OrderId);
            var order = (await alice.Rents(product.ProductId)).OrderId;
            Assert.Equal(OrderStatus.Cancelled, (await alice.Cancels(order)).Status);
            cancelled.Add(order);
        }

        await system.Start(down);

        foreach (var order in kept)
            await alice.SeesOnPage(
                order, "being prepared", p =>
                    p is { OrderStatus: OrderStatus.Preparing, DeliveryStatus: DeliveryStatus.Preparing },
                TimeSpan.FromSeconds(40));
        foreach (var order in cancelled)
            await alice.SeesOnPage(order, "cancelled", p => p is
            {
                OrderStatus: OrderStatus.Cancelled,
                PaymentStatus: PaymentStatus.Refunded, DeliveryStatus: null or DeliveryStatus.Cancelled
            });
        await Books.Balance(system.Operator(), product.ProductId, [alice], 100_000);
        await Eventually.Holds("each order was announced once", async () =>
        {
            var messages = await alice.Http.All<NotificationDto>("/notifications");
            return kept.Concat(cancelled).All(o => messages.Count(n => n.OrderId == o && n.Kind == "order.placed") == 1)
                && cancelled.All(o => messages.Count(n => n.OrderId == o && n.Kind == "order.cancelled") == 1);
        });
    }

    // N2 F7 F8 C6 C9 C14 D9
    [Fact]
    public async Task Cancelling_works_with_stocks_payments_and_deliveries_down_and_is_made_good_when_they_return()
    {
        var product = await system.Operator().Registers(cars: 4);
        var alice = await system.Customer().TopUp(20_000);
        var preparing = await alice.Rents(product.ProductId);
        var dispatched = await alice.Rents(product.ProductId);
        await system.Operator().Moves(dispatched.OrderId, "dispatch");
        await alice.SeesOrder(preparing.OrderId, OrderStatus.Preparing);
        foreach (var service in (string[])["stocks", "payments", "deliveries"]) await system.Stop(service);

        foreach (var order in (OrderDto[])[preparing, dispatched, preparing])
            Assert.Equal(OrderStatus.Cancelled, (await alice.Cancels(order.OrderId)).Status);

        foreach (var service in (string[])["stocks", "payments", "deliveries"]) await system.Start(service);
        await alice.SeesOnPage(preparing.OrderId, "undone", p => p is
        {
            PaymentStatus: PaymentStatus.Refunded,
            DeliveryStatus: DeliveryStatus.Cancelled, RemainingStock: 4
        }, TimeSpan.FromSeconds(40));
        await alice.SeesOnPage(dispatched.OrderId, "being retrieved", p =>
            p is { PaymentStatus: PaymentStatus.Refunded, DeliveryStatus: DeliveryStatus.Retrieving });
        await system.Operator().Moves(dispatched.OrderId, "retrieved");
        var page = await alice.SeesOnPage(
            dispatched.OrderId, "retrieved", p => p.DeliveryStatus == DeliveryStatus.Retrieved);
        Assert.Single(page.Timeline, t => t.Event == "delivery.retrieving");
        Assert.Single(page.Timeline, t => t.Event == "payment.refunded");
        await Books.Balance(system.Operator(), product.ProductId, [alice], 20_000);
        Assert.Equal(
            2, (await alice.Http.All<LedgerEntryDto>("/deposits/ledger")).Count(e => e.Kind == LedgerEntryKind.Refund));
    }

    // N1 N12 C29 C31 D12
    [Fact]
    public async Task Orders_killed_in_mid_order_again_and_again_leave_no_car_and_no_money_held()
    {
        var product = await system.Operator().Registers(cars: 40);
        var customers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => system.Customer().TopUp(1_000_000)));
        for (var round = 0; round < 4; round++)
        {
            using var stop = new CancellationTokenSource();
            var load = customers.Select(async customer =>
            {
                while (!stop.IsCancellationRequested)
                {
                    try
                    {
                        using var answer = await customer.Order(product.ProductId, ct: stop.Token);
                        if (answer.StatusCode == HttpStatusCode.Created && Random.Shared.Next(2) == 0)
                            await customer.Cancels((await answer.Read<OrderDto>()).OrderId);
                    }
                    catch (Exception e)
                        when (e is HttpRequestException or OperationCanceledException or Xunit.Sdk.XunitException)
                    {
                        // The connection of a killed service: whether the order stands is what the books tell.
                    }
                }
            }).ToList();
            await Eventually.Holds("orders are flowing", async () =>
                (await customers[0].Http.All<OrderDto>("/orders")).Count > (round + 1) * 3);
            await system.KillAndRestart("orders");
            await stop.CancelAsync();
            await Task.WhenAll(load);
        }

        await Books.Balance(system.Operator(), product.ProductId, customers, 1_000_000, TimeSpan.FromSeconds(60));
    }

    // N2
    [Fact]
    public async Task Two_hundred_orders_taken_without_their_followers_are_each_delivered_told_and_shown_once()
    {
        var product = await system.Operator().RegistersMany(cars: 200);
        var alice = await system.Customer().TopUp(1_000_000);
        string[] down = ["deliveries", "notifications", "customerpages"];
        foreach (var service in down) await system.Stop(service);
        var orders = new ConcurrentBag<Guid>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (_, _) => orders.Add((await alice.Rents(product.ProductId, hours: 1)).OrderId));

        foreach (var service in down) await system.Start(service);

        await Eventually.Holds("every order is delivered, told and shown", async () =>
            (await alice.Http.All<CustomerPageDto>("/customerpages")).Count(
                p => p is { OrderStatus: OrderStatus.Preparing, DeliveryStatus: DeliveryStatus.Preparing }) == 200 &&
            (await alice.Http.All<NotificationDto>("/notifications")).Count(n => n.Kind == "delivery.preparing") == 200,
                TimeSpan.FromSeconds(60));
        Assert.Equal(orders.Order(), (await alice.Http.All<DeliveryDto>("/deliveries")).Select(d => d.OrderId).Order());
        Assert.Equal(orders.Order(), (await alice.Http.All<NotificationDto>("/notifications"))
            .Where(n => n.Kind == "order.placed").Select(n => n.OrderId!.Value).Order());
        await Books.Balance(system.Operator(), product.ProductId, [alice], 1_000_000);
    }

    // C2 C31; CARSHARE_TEST_ORDERS makes it larger
    [Fact]
    public async Task A_broker_that_forgets_twice_and_a_view_that_is_emptied_change_nothing_in_the_end()
    {
        var asked = Environment.GetEnvironmentVariable("CARSHARE_TEST_ORDERS");
        var count = int.TryParse(asked, CultureInfo.InvariantCulture, out var given) ? given : 90;
        var product = await system.Operator().RegistersMany(count);
        var alice = await system.Customer().TopUp(10_000_000);
        var orders = new ConcurrentBag<(Guid Id, bool Cancelled)>();
        var load = Parallel.ForEachAsync(
            Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (n, _) =>
            {
                var order = await alice.Rents(product.ProductId, hours: 1);
                if (n % 3 == 0) await alice.Cancels(order.OrderId);
                orders.Add((order.OrderId, n % 3 == 0));
            });
        await Eventually.Holds(
            "a third of the orders is in", () => Task.FromResult(orders.Count > count / 3), TimeSpan.FromMinutes(2));
        await Forget();
        await load;
        string[] consumers = ["deliveries", "notifications", "customerpages"];
        foreach (var service in consumers) await system.Stop(service);
        await Forget();
        await system.FlushRedis();
        foreach (var service in consumers) await system.Start(service);

        var (patience, remaining) = (TimeSpan.FromSeconds(90 + (count / 10)), (count + 2) / 3);
        await Eventually.Holds("every page is right", async () =>
        {
            var pages = (await alice.Http.All<CustomerPageDto>("/customerpages")).ToDictionary(p => p.OrderId);
            return orders.All(order => pages.TryGetValue(order.Id, out var page)
                && page.RemainingStock == remaining && (order.Cancelled
                ? page is
                {
                    OrderStatus: OrderStatus.Cancelled, PaymentStatus: PaymentStatus.Refunded,
                    DeliveryStatus: null or DeliveryStatus.Cancelled
                }
                : page is
                {
                    OrderStatus: OrderStatus.Preparing, PaymentStatus: PaymentStatus.Approved,
                    DeliveryStatus: DeliveryStatus.Preparing
                }));
        }, patience);
        await Eventually.Holds(
            "every order was announced", async () => (await alice.Http.All<NotificationDto>("/notifications"))
                .Count(n => n.Kind == "order.placed") >= count, patience);
        await Books.Balance(system.Operator(), product.ProductId, [alice], 10_000_000, patience);
        Assert.Equal(orders.Select(o => o.Id).Order(), (await alice.Http.All<NotificationDto>("/notifications"))
            .Where(n => n.Kind == "order.placed").Select(n => n.OrderId!.Value).Order());

        async Task Forget()
        {
            Assert.Equal(1, await system.Signal("LocalKafka", "KILL"));
            await system.Restart("kafka");
        }
    }
}
