using System.Globalization;
using CarShare.Contracts;
using CarShare.ServiceTests.CustomerPages;
using CarShare.Tests;
using StackExchange.Redis;

namespace CarShare.ServiceTests.Sagas;

public sealed class PagesSagaTests(PagesFixture pages) : IClassFixture<PagesFixture>
{
    const string Positions = "positions";

    static DateTimeOffset Now => DateTimeOffset.UtcNow;

    [Fact] // C3 C4 C11 D11
    public async Task A_cancellation_told_before_the_place_stays_the_last_word()
    {
        var customer = $"customer-{Guid.NewGuid():N}";
        var orders = Enumerable.Range(0, Interleaving.Runs).Select(_ => Placed(customer)).ToList();
        await Task.WhenAll(orders.Select(async (order, run) =>
        {
            var cancelled = new OrderCancelled(order.OrderId, customer, Now, CancelReason.Customer, order.ProductId, 1);
            var (first, second) = ((2L * run) + 1, (2L * run) + 2);
            if (run % 3 == 0)
                await pages.Broker.Publish(
                    new PaymentRefunded(order.OrderId, customer, Now, order.PaymentId, order.Amount), sequence: second);
            await pages.Broker.Publish(cancelled, sequence: second);
            await pages.Broker.Publish(order, sequence: first);
            if (run % 3 == 0)
                await pages.Broker.Publish(
                    new PaymentApproved(order.OrderId, customer, Now, order.PaymentId, order.Amount), sequence: first);
        }));

        foreach (var (run, order) in orders.Index())
        {
            var page = await pages.Page(customer, order.OrderId, p => p.Timeline.Count == (run % 3 == 0 ? 4 : 2));
            Assert.Equal((OrderStatus.Cancelled, order.ModelName, order.Amount), (
                page.OrderStatus, page.ModelName, page.Amount!.Value));
            Assert.Equal(order.Vehicles, page.Vehicles);
            Assert.Equal(run % 3 == 0 ? PaymentStatus.Refunded : null, page.PaymentStatus);
        }
    }

    [Fact]
    public async Task The_whole_past_read_again_leaves_every_document_as_it_is()
    {
        var customers = Enumerable.Range(0, 10).Select(i => $"replay-{i}-{Guid.NewGuid():N}").ToList();
        Guid last = default;
        for (var i = 0; i < 100; i++)
        {
            var order = Placed(customers[i % 10]);
            await pages.Broker.Publish(
                new PaymentApproved(order.OrderId, order.CustomerId, Now, order.PaymentId, order.Amount));
            if (i % 2 == 0)
                await pages.Broker.Publish(new ProductChanged(order.ProductId, Now, "Ioniq 5", 9_000, 3, i % 4, 1));
            if (i % 5 == 1)
                await pages.Broker.Publish(
                    new OrderCancelled(order.OrderId, order.CustomerId, Now, CancelReason.Customer, order.ProductId, 1),
                    sequence: 1_000 + i);
            if (i % 5 == 2)
                await pages.Broker.Publish(
                    new VehicleReassigned(order.OrderId, Now, [new(Guid.CreateVersion7(), "99하9999")], 2));
            await pages.Broker.Publish(order, sequence: 500 + i);
            if (i % 5 == 3)
                await pages.Broker.Publish(new DeliveryDelivered(
                    order.OrderId, order.CustomerId, Now, order.OrderId, "Seoul", order.Vehicles, Now));
            if (i % 5 == 3)
                await pages.Broker.Publish(
                    new OrderProgressed(order.OrderId, order.CustomerId, Now, OrderStatus.InUse, Now.AddHours(2)),
                    sequence: 1_000 + i);
            last = order.OrderId;
        }

        await pages.Page(customers[9], last);
        await Eventually.StaysTrue("nothing more comes", Quiet(), TimeSpan.FromMilliseconds(700));
        var (before, positions) = (await Dump(), await Reached());
        for (var time = 1; time <= 2; time++)
        {
            await pages.Redis.KeyDeleteAsync(Positions);
            await Eventually.Holds("the whole past is read again", async () =>
            {
                var now = await Reached();
                return positions.All(p => now.TryGetValue(p.Key, out var sequence) && sequence >= p.Value);
            }, TimeSpan.FromMinutes(1));
            Assert.Equal(before, await Dump());
        }
    }

    Func<Task<bool>> Quiet()
    {
        var handled = pages.Broker.Seen.Count;
        return () => Task.FromResult(pages.Broker.Seen.Count == handled);
    }

    /// <summary>Up to which sequence the events of each partition are known.</summary>
    async Task<Dictionary<string, long>> Reached() =>
        (await pages.Redis.HashGetAllAsync(Positions)).ToDictionary(
            f => f.Name.ToString(), f => long.Parse(f.Value.ToString().Split(' ')[2], CultureInfo.InvariantCulture));

    async Task<SortedDictionary<string, string>> Dump()
    {
        var server = pages.Redis.Multiplexer.GetServer(pages.Redis.Multiplexer.GetEndPoints()[0]);
        var dump = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in server.Keys().Where(key => key != Positions))
            dump.Add(key.ToString(), Convert.ToHexString((await pages.Redis.KeyDumpAsync(key))!));
        return dump;
    }

    static OrderPlaced Placed(string customer) => new(
        Guid.CreateVersion7(), customer, Now, Guid.CreateVersion7(), "Ioniq 5", 1,
        [new(Guid.CreateVersion7(), "12가3456")], 1, 2, 9_000, 18_000, Guid.CreateVersion7(), "Seoul");
}
