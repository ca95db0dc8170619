using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Deliveries.DeliveriesFixture;

namespace CarShare.ServiceTests.Deliveries;

/// <summary>Every step by itself, and two replicas that could both take it.</summary>
public sealed class AutomaticFixture(Servers servers, IdentityServer identity) : DeliveriesFixture(servers, identity)
{
    protected override IEnumerable<KeyValuePair<string, string>> Settings =>
    [
        new("Deliveries:AutoDispatchAfter", "00:00:00"), new("Deliveries:AutoCompleteAfter", "00:00:00"),
        new("Deliveries:AutoRetrieveAfter", "00:00:00"),
    ];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await StartReplica();
    }
}

public sealed class AutomaticStepsTests(AutomaticFixture deliveries) : IClassFixture<AutomaticFixture>
{
    [Fact]
    public async Task Two_replicas_bring_two_hundred_cars_with_one_event_per_step()
    {
        var orders = Enumerable.Range(0, 200).Select(_ => Order()).ToList();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Task.WhenAll(orders.Select(order => deliveries.Broker.Publish(order)));
        await Eventually.Holds("all are delivered", () =>
            Task.FromResult(orders.All(order => deliveries.Announced(order.OrderId).Contains("delivered"))));
        TestContext.Current.SendDiagnosticMessage(
            $"200 orders prepared, dispatched and delivered in {watch.ElapsedMilliseconds} ms");

        Assert.All(orders, order =>
            Assert.Equal(["preparing", "dispatched", "delivered"], deliveries.Announced(order.OrderId)));
        var ids = orders.Select(o => o.OrderId).ToList();
        Assert.Equal(600, await deliveries.Query(
            db => db.Set<OutboxMessage>().CountAsync(m => ids.Select(id => id.ToString()).Contains(m.Key))));
    }

    [Fact]
    public async Task Two_deliveries_due_for_one_car_are_never_both_brought_though_the_cancellation_lags_behind()
    {
        var pairs = Enumerable.Range(0, 30).Select(_ => Car())
            .Select(car => (First: Order(car: car), Next: Order("bob", car))).ToList();
        await Task.WhenAll(pairs.SelectMany(
            pair => new[] { deliveries.Broker.Publish(pair.First), deliveries.Broker.Publish(pair.Next) }));
        var orders = pairs.SelectMany(pair => new[] { pair.First.OrderId, pair.Next.OrderId }).ToList();
        await Eventually.Holds("one of each pair is brought", () => Task.FromResult(pairs.All(pair =>
            deliveries.Announced(pair.First.OrderId).Contains("delivered")
                || deliveries.Announced(pair.Next.OrderId).Contains("delivered"))));
        await Eventually.StaysTrue("the other one waits", () => Task.FromResult(
            orders.Count(order => deliveries.Announced(order).Contains("dispatched")) == pairs.Count),
                TimeSpan.FromSeconds(1));

        // The news that the one that has the car was cancelled, or is over.
        foreach (var (pair, i) in pairs.Select((pair, i) => (pair, i)))
        {
            var ended = deliveries.Announced(pair.First.OrderId).Contains("dispatched") ? pair.First : pair.Next;
            if (i % 2 == 0) await deliveries.Broker.Publish(Cancellation(ended));
            else
                await deliveries.Broker.Publish(new OrderReturned(
                    ended.OrderId, ended.CustomerId, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, "Iksan", 0, 0));
        }

        await Eventually.Holds("then the other one is brought", () => Task.FromResult(
            orders.All(order => deliveries.Announced(order).Contains("delivered"))));
    }

    [Fact] // D9
    public async Task Cancelled_at_any_moment_a_delivery_ends_cancelled_or_retrieved_once()
    {
        var orders = Enumerable.Range(0, 100).Select(_ => Order()).ToList();
        await Task.WhenAll(orders.Select(async (order, i) =>
        {
            if (i % 4 == 0) await deliveries.Broker.Publish(Cancellation(order));
            await deliveries.Broker.Publish(order);
            if (i % 4 == 2) await deliveries.Reaches(order, DeliveryStatus.Delivered);
            if (i % 4 != 0) await deliveries.Broker.Publish(Cancellation(order));
            if (i % 4 == 3) await deliveries.Broker.Publish(Cancellation(order));
        }));

        string[] ends = ["", "preparing cancelled", "preparing dispatched retrieving retrieved",
            "preparing dispatched delivered retrieving retrieved"];
        await Eventually.Holds("all have ended", async () =>
            await Task.FromResult(orders.Where((_, i) => i % 4 != 0)
                .All(order => deliveries.Announced(order.OrderId).LastOrDefault() is "cancelled" or "retrieved")));
        Assert.All(orders, order => Assert.Contains(string.Join(' ', deliveries.Announced(order.OrderId)), ends));
        Assert.All(orders.Where((_, i) => i % 4 == 0), order => Assert.Empty(deliveries.Announced(order.OrderId)));
        Assert.Empty(await deliveries.Query(db => db.Set<DeadLetter>().ToListAsync()));
    }
}
