using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.SystemTests;

/// <summary>Several replicas of whatever takes or follows an order.</summary>
public sealed class ReplicatedSystem : CarShareSystem
{
    protected override IEnumerable<string> Arguments =>
    [
        "--Replicas:orders=2", "--Replicas:stocks=3", "--Replicas:payments=3", "--Replicas:deliveries=3",
        "--Settings:deliveries:Deliveries__AutoDispatchAfter=-00:00:01",
        "--Settings:deliveries:Deliveries__AutoRetrieveAfter=-00:00:01",
        "--Settings:orders:Orders__PendingTimeout=00:00:04",
        "--Settings:orders:Orders__PaymentTimeout=00:00:20",
        "--Settings:orders:Orders__SweepInterval=00:00:00.5",
    ];
}

// N6
public sealed class ReplicaTests(ReplicatedSystem system) : IClassFixture<ReplicatedSystem>
{
    const decimal Deposit = 1_000_000;

    [Fact]
    public async Task Replicas_with_one_of_each_frozen_miss_nothing_repeat_nothing_and_block_nobody_for_long()
    {
        var product = await system.Operator().Registers(cars: 100);
        var customers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => system.Customer().TopUp(Deposit)));
        var slowest = TimeSpan.Zero;
        var placed = new ConcurrentBag<(Customer Customer, Guid Id, bool Cancelled)>();
        string[] frozen = ["stocks", "payments", "deliveries"];

        foreach (var service in frozen)
            await Eventually.Holds($"each replica of {service} reads as much", () => SharesAreEqual(service));
        foreach (var service in frozen) Assert.Equal(1, await system.Signal(service, "STOP", atMost: 1));
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(customers.Select(async customer =>
        {
            for (var n = 0; Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20) && placed.Count < 90; n++)
            {
                using var answer = await customer.Order(product.ProductId);
                if (answer.StatusCode != HttpStatusCode.Created) continue;
                var order = await answer.Read<OrderDto>();
                var since = Stopwatch.GetTimestamp();
                await customer.SeesOnPage(order.OrderId, "being prepared", p =>
                    p is { OrderStatus: OrderStatus.Preparing, DeliveryStatus: DeliveryStatus.Preparing });
                lock (placed)
                    slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(since).Ticks));
                if (n % 2 == 0) await customer.Cancels(order.OrderId);
                placed.Add((customer, order.OrderId, n % 2 == 0));
            }
        }));
        foreach (var service in frozen) await system.Signal(service, "CONT");

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{placed.Count} orders, slowest to its page: {slowest.TotalSeconds:F1} s");
        Assert.True(placed.Count > 10, $"only {placed.Count} orders were placed");
        // A share is given to somebody else after 6 s, which takes the emulated broker 5 more; what stands all the same
        // joins anew after 15 s.
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        foreach (var (customer, id, cancelled) in placed.Where(p => p.Cancelled))
        {
            await customer.SeesOnPage(
                id, "refunded", p =>
                    p is { PaymentStatus: PaymentStatus.Refunded, DeliveryStatus: DeliveryStatus.Cancelled },
                TimeSpan.FromSeconds(40));
        }

        await Books.Balance(system.Operator(), product.ProductId, customers, Deposit, TimeSpan.FromSeconds(60));
        foreach (var customer in customers)
        {
            var messages = await customer.Http.All<NotificationDto>("/notifications");
            Assert.All(placed.Where(p => p.Customer == customer), p =>
                Assert.Single(messages, m => m.OrderId == p.Id && m.Kind == "delivery.preparing"));
        }
    }

    [Fact]
    public async Task A_replica_of_orders_frozen_across_the_sweep_places_nothing_that_was_cancelled()
    {
        var product = await system.Operator().Registers(cars: 60);
        var customers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => system.Customer().TopUp(Deposit)));
        for (var round = 0; round < 2; round++)
        {
            using var stop = new CancellationTokenSource();
            var load = customers.Select(async customer =>
            {
                while (!stop.IsCancellationRequested)
                {
                    try
                    {
                        (await customer.Order(product.ProductId, ct: stop.Token)).Dispose();
                    }
                    catch (Exception e) when (e is OperationCanceledException or HttpRequestException)
                    {
                        // Cut off in the middle: the books tell what became of it.
                    }
                }
            }).ToList();
            await Eventually.Holds(
                "orders are flowing", async () => (await customers[0].Http.All<OrderDto>("/orders")).Count > round * 3);
            Assert.Equal(1, await system.Signal("orders", "STOP", atMost: 1));
            var frozenAt = Stopwatch.GetTimestamp();
            await Eventually.Holds("the sweep has passed", () =>
                Task.FromResult(Stopwatch.GetElapsedTime(frozenAt) > TimeSpan.FromSeconds(6)));
            await stop.CancelAsync();
            await Task.WhenAll(load);
            await system.Signal("orders", "CONT");
        }

        await Books.Balance(system.Operator(), product.ProductId, customers, Deposit, TimeSpan.FromSeconds(60));
    }

    async Task<bool> SharesAreEqual(string service)
    {
        var shares = (await system.Metrics(service)).Select(page =>
            page.Split('\n').Count(line => line.StartsWith("carshare_consumer_lag{", StringComparison.Ordinal)));
        return shares.Distinct().ToList() is [> 0];
    }
}
