using System.Net;
using CarShare.Contracts;
using CarShare.ServiceTests.Deliveries;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Deliveries.DeliveriesFixture;

namespace CarShare.ServiceTests.Sagas;

public sealed class DeliveriesSagaTests(DeliveriesFixture deliveries, ITestOutputHelper output)
    : IClassFixture<DeliveriesFixture>
{
    [Fact] // C10 D9
    public async Task A_handover_that_meets_the_cancellation_ends_in_one_retrieval()
    {
        var orders = Enumerable.Range(0, Interleaving.Runs).Select(_ => Order()).ToArray();
        await deliveries.AllHandled(await Task.WhenAll(orders.Select(order => deliveries.Broker.Publish(order))));
        foreach (var some in orders.Chunk(20))
            await Task.WhenAll(some.Select(order => deliveries.Step(order, "dispatch")));
        var handedOver = new bool[orders.Length];

        await Interleaving.Run(deliveries.AllHandled, null,
            async run =>
                handedOver[run] = (await deliveries.Post(orders[run].OrderId, "complete")).Item1 == HttpStatusCode.OK,
            run => deliveries.Broker.Publish(Cancellation(orders[run])));

        var ids = orders.Select(o => o.OrderId).ToList();
        var ends = await deliveries.Query(
            db => db.Deliveries.Where(d => ids.Contains(d.OrderId)).ToDictionaryAsync(d => d.OrderId));
        await Eventually.Holds("every retrieval is announced", () => Task.FromResult(
            deliveries.Broker.Published<DeliveryRetrieving>().Count(e => ids.Contains(e.OrderId)) == ids.Count));
        for (var run = 0; run < orders.Length; run++)
        {
            var way = handedOver[run]
                ? new[] { DeliveryStatus.Preparing, DeliveryStatus.Dispatched, DeliveryStatus.Delivered,
                    DeliveryStatus.Retrieving }
                : [DeliveryStatus.Preparing, DeliveryStatus.Dispatched, DeliveryStatus.Retrieving];
            var end = ends[orders[run].OrderId];
            Assert.Equal(DeliveryStatus.Retrieving, end.Status);
            Assert.Equal(way, end.History.Select(step => step.Status).Order());
            Assert.Equal(
                way.Select(status => $"{status}".ToLowerInvariant()), deliveries.Announced(orders[run].OrderId));
        }

        output.WriteLine($"{handedOver.Count(h => h)} of {orders.Length} handovers came before the cancellation");
    }

    [Fact]
    public async Task Cars_replaced_before_the_order_is_heard_of_are_the_ones_that_are_brought()
    {
        // Every other order was placed when the second replacement was known already; the first one still comes,
        // earlier or later.
        var orders = Enumerable.Range(0, Interleaving.Runs)
            .Select(run => Order(revision: run % 2 == 0 ? 1 : 3)).ToArray();
        var replacements = orders.Select(
            o => new VehicleReassigned(o.OrderId, DateTimeOffset.UtcNow, [Car()], 2)).ToArray();
        var placed = new Guid[orders.Length];

        await Interleaving.Run(deliveries.AllHandled, null,
            async run => placed[run] = await deliveries.Broker.Publish(orders[run]),
            run => deliveries.Broker.Publish(replacements[run]));
        await deliveries.AllHandled(placed);

        var ids = orders.Select(o => o.OrderId).ToList();
        var ends = await deliveries.Query(
            db => db.Deliveries.Where(d => ids.Contains(d.OrderId)).ToDictionaryAsync(d => d.OrderId));
        for (var run = 0; run < orders.Length; run++)
        {
            var end = ends[orders[run].OrderId];
            Assert.Equal((DeliveryStatus.Preparing, run % 2 == 0 ? 2 : 3), (end.Status, end.Revision));
            Assert.Equal(run % 2 == 0 ? replacements[run].Vehicles : orders[run].Vehicles, end.Vehicles);
        }
    }

    [Fact]
    public async Task The_whole_past_read_again_moves_no_car()
    {
        var orders = Enumerable.Range(0, 100).Select(_ => Order()).ToList();
        var told = new List<Guid>();
        foreach (var (i, order) in orders.Index())
        {
            if (i % 7 is 5) told.Add(await deliveries.Broker.Publish(Cancellation(order)));
            if (i % 7 is 6)
                told.Add(await deliveries.Broker.Publish(
                    new VehicleReassigned(order.OrderId, DateTimeOffset.UtcNow, [Car()], 2)));
            told.Add(await deliveries.Broker.Publish(order));
        }

        await deliveries.AllHandled(told);
        foreach (var (i, order) in orders.Index())
        {
            if (i % 7 is 2 or 3 or 4) await deliveries.Step(order, "dispatch");
            if (i % 7 is 3) await deliveries.Step(order, "complete");
            if (i % 7 is 1 or 4) told.Add(await deliveries.Broker.Publish(Cancellation(order)));
        }

        await deliveries.AllHandled(told);
        foreach (var (_, order) in orders.Index().Where(o => o.Index % 7 is 4))
            await deliveries.Step(order, "retrieved");

        await Replay.ChangesNothing(deliveries);
    }
}
