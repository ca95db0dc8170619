using System.Net;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Domain;
using CarShare.ServiceTests.Orders;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Sagas;

public sealed class OrdersSagaTests(OrdersFixture orders, ITestOutputHelper output) : IClassFixture<OrdersFixture>
{
    const int Runs = Interleaving.Runs;
    static readonly VehicleRef Second = new(Guid.CreateVersion7(), "22나2222"),
        Third = new(Guid.CreateVersion7(), "33다3333");

    readonly string[] _customers = [.. Enumerable.Range(0, Runs).Select(_ => OrdersFixture.Customer())];
    readonly Guid[] _ids = new Guid[Runs];

    [Fact] // C10 C11
    public async Task A_cancellation_that_meets_the_handover_leaves_the_order_either_cancelled_or_in_use()
    {
        var answers = new HttpStatusCode[Runs];
        await Interleaving.Run(orders.AllHandled,
            async run => _ids[run] = (await orders.Placed(_customers[run])).OrderId,
            async run =>
                answers[run] = (await orders.Send(_customers[run], HttpMethod.Delete, $"/orders/{_ids[run]}")).Status,
            run => Delivered(run));

        await EndsAs(run => answers[run] == HttpStatusCode.OK
            ? (OrderStatus.Cancelled, ["placed", "cancelled"])
            : (OrderStatus.InUse, ["placed", "progressed"]));
        Assert.All(answers, answer => Assert.True(answer is HttpStatusCode.OK or HttpStatusCode.Conflict, $"{answer}"));
        output.WriteLine(
            $"{answers.Count(a => a == HttpStatusCode.OK)} of {Runs} cancellations came before the handover");
    }

    [Fact] // F11
    public async Task A_shortage_while_the_payment_is_under_way_cancels_the_order_before_or_after_it_is_placed()
    {
        var (replies, paid) = (new Task<Reply>[Runs], new TaskCompletionSource[Runs]);
        await Interleaving.Run(orders.AllHandled, run => UntilPaid(run, replies, paid),
            async run =>
            {
                paid[run].SetResult();
                await replies[run];
            },
            run => orders.Broker.Publish(
                new StockShortage(_ids[run], DateTimeOffset.UtcNow, Guid.CreateVersion7(), Guid.CreateVersion7(), 1)));

        var placed = replies.Select(reply => reply.Result.Status == HttpStatusCode.Created).ToArray();
        await EndsAs(run => (OrderStatus.Cancelled, replies[run].Result.Status switch
        {
            HttpStatusCode.Created => ["placed", "cancelled"],
            // The wait was longer than the call to payments may take: also a way to go.
            HttpStatusCode.Accepted => ["awaitingpayment", "cancelled"],
            _ => ["cancelled"],
        }));
        Assert.All(replies.Where(r => r.Result.Status is not (HttpStatusCode.Created or HttpStatusCode.Accepted)), r =>
            Assert.Equal("order-closed", r.Result.Code));
        output.WriteLine($"{placed.Count(p => p)} of {Runs} orders were placed before the shortage");
    }

    [Fact]
    public async Task A_replacement_while_the_payment_is_under_way_leaves_the_cars_of_the_highest_revision()
    {
        var (replies, paid) = (new Task<Reply>[Runs], new TaskCompletionSource[Runs]);
        var others = new Guid[Runs];
        await Interleaving.Run(orders.AllHandled, run => UntilPaid(run, replies, paid),
            async run =>
            {
                paid[run].SetResult();
                await replies[run];
            },
            async run =>
            {
                // Events read from the outbox come in any order.
                VehicleReassigned[] both = [new(_ids[run], DateTimeOffset.UtcNow, [Second], 2), new(
                    _ids[run], DateTimeOffset.UtcNow, [Third], 3)];
                others[run] = await orders.Broker.Publish(both[run % 2]);
                return await orders.Broker.Publish(both[1 - (run % 2)]);
            });
        await orders.AllHandled(others);

        var ends = await Ends();
        Assert.All(_ids, id => Assert.Equal((3, Third), (ends[id].Revision, Assert.Single(ends[id].Vehicles))));
        var placed = orders.Broker.Published<OrderPlaced>().Where(e => _ids.Contains(e.OrderId)).ToList();
        Assert.All(placed, e =>
            Assert.Equal(e.Revision switch { 2 => Second, 3 => Third, _ => e.Vehicles[0] }, Assert.Single(e.Vehicles)));
        output.WriteLine($"{placed.Count(e => e.Revision == 1)} of {Runs} orders were placed before the replacement");
    }

    [Fact] // C3
    public async Task A_payment_that_meets_the_expiry_leaves_the_order_either_placed_or_cancelled()
    {
        await Interleaving.Run(orders.AllHandled,
            async run =>
            {
                _ids[run] = (await orders.AwaitingPayment(_customers[run])).OrderId;
                // The sweep comes soon, not at once: in half of the runs it is on its way already.
                if (run % 2 == 1) await orders.Age(_ids[run]);
            },
            async run =>
            {
                await orders.Age(_ids[run]);
                await Eventually.Holds("the order is decided", async () =>
                    (await orders.Get(_ids[run])).Status != OrderStatus.AwaitingPayment);
            },
            run => orders.Broker.Publish(
                new PaymentApproved(_ids[run], _customers[run], DateTimeOffset.UtcNow, Guid.CreateVersion7(), 24_000)));

        var ends = await Ends();
        await EndsAs(run => ends[_ids[run]].Status == OrderStatus.Placed
            ? (OrderStatus.Placed, ["awaitingpayment", "placed"])
            : (OrderStatus.Cancelled, ["awaitingpayment", "cancelled"]));
        Assert.All(ends.Values.Where(o => o.Status == OrderStatus.Cancelled), o =>
            Assert.Equal(nameof(CancelReason.PaymentExpired), o.Reason));
        output.WriteLine(
            $"{ends.Values.Count(o => o.Status == OrderStatus.Placed)} of {Runs} payments came before the expiry");
    }

    [Fact] // C5
    public async Task Steps_of_a_delivery_in_any_order_end_in_use()
    {
        foreach (var some in Enumerable.Range(0, Runs).Chunk(20))
            await Task.WhenAll(some.Select(async run => _ids[run] = (await orders.Placed(_customers[run])).OrderId));
        var told = await Task.WhenAll(Enumerable.Range(0, Runs).Select(async run =>
        {
            Func<int, Task<Guid>>[] steps = [Preparing, Dispatched, Delivered];
            int[] order = [run % 3, (run + 1 + (run / 3 % 2)) % 3, (run + 2 - (run / 3 % 2)) % 3];
            var ids = new List<Guid>();
            foreach (var step in order) ids.Add(await steps[step](run));
            return ids;
        }));
        await orders.AllHandled([.. told.SelectMany(ids => ids)]);

        var (ends, announced) = (await Ends(), await Announced());
        foreach (var id in _ids)
        {
            Assert.Equal(OrderStatus.InUse, ends[id].Status);
            Assert.NotNull(ends[id].ReturnBy);
            var steps = announced[id].Skip(1).Select(e => System.Text.Json.JsonSerializer
                .Deserialize<OrderProgressed>(e.Payload, EventJson.Options)!.Status).ToList();
            Assert.Equal(steps.Distinct().Order(), steps);
            Assert.Equal(OrderStatus.InUse, steps[^1]);
        }
    }

    [Fact]
    public async Task The_whole_past_read_again_changes_nothing()
    {
        for (var run = 0; run < 40; run++)
        {
            _ids[run] = run % 8 == 7
                ? (await orders.AwaitingPayment(_customers[run])).OrderId
                : (await orders.Placed(_customers[run])).OrderId;
            var told = new List<Guid>();
            if (run % 8 is 1 or 2 or 3) told.Add(await Preparing(run));
            if (run % 8 is 2 or 3 or 4) told.Add(await Delivered(run));
            if (run % 8 is 5)
                told.Add(await orders.Broker.Publish(new StockShortage(
                    _ids[run], DateTimeOffset.UtcNow, Guid.CreateVersion7(), Guid.CreateVersion7(), 1)));
            if (run % 8 is 6)
                told.Add(
                    await orders.Broker.Publish(new VehicleReassigned(_ids[run], DateTimeOffset.UtcNow, [Second], 2)));
            if (run % 8 is 7)
                told.Add(await orders.Broker.Publish(new PaymentApproved(
                    _ids[run], _customers[run], DateTimeOffset.UtcNow, Guid.CreateVersion7(), 24_000)));
            await orders.AllHandled(told);
            if (run % 8 is 1) await orders.Send(_customers[run], HttpMethod.Delete, $"/orders/{_ids[run]}");
            if (run % 8 is 3)
                await orders.Send(
                    _customers[run], HttpMethod.Post, $"/orders/{_ids[run]}/return", new { location = "Busan" });
        }

        await Replay.ChangesNothing(orders);
    }

    /// <summary>The order is Pending, its cars are reserved and payments has been asked.</summary>
    async Task UntilPaid(int run, Task<Reply>[] replies, TaskCompletionSource[] paid)
    {
        var asked = new TaskCompletionSource<Guid>(TaskCreationOptions.RunContinuationsAsynchronously);
        paid[run] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        orders.Neighbours.Pay(_customers[run], async (_, id, _) =>
        {
            asked.TrySetResult(id);
            await paid[run].Task;
            return NeighbourStub.Approved(id);
        });
        replies[run] = orders.Place(_customers[run]);
        _ids[run] = await asked.Task;
    }

    async Task EndsAs(Func<int, (OrderStatus Status, string[] Events)> expected)
    {
        var (ends, announced) = (await Ends(), await Announced());
        for (var run = 0; run < Runs; run++)
        {
            var (status, events) = expected(run);
            Assert.Equal((run, status), (run, ends[_ids[run]].Status));
            Assert.Equal(events, announced[_ids[run]].Select(e => e.Type.Split('.')[2]));
        }
    }

    Task<Dictionary<Guid, Order>> Ends() => orders.Query(
        db => db.Orders.AsNoTracking().Where(o => _ids.Contains(o.OrderId)).ToDictionaryAsync(o => o.OrderId));

    async Task<ILookup<Guid, OutboxMessage>> Announced()
    {
        var keys = _ids.Select(id => id.ToString()).ToList();
        return (await orders.Query(db => db.Set<OutboxMessage>().AsNoTracking().Where(m => keys.Contains(m.Key))
            .OrderBy(m => m.Sequence).ToListAsync())).ToLookup(m => Guid.Parse(m.Key));
    }

    Task<Guid> Preparing(int run) => orders.Broker.Publish(
        new DeliveryPreparing(_ids[run], _customers[run], Now, _ids[run], "Seoul", [Second], Now));

    Task<Guid> Dispatched(int run) => orders.Broker.Publish(
        new DeliveryDispatched(_ids[run], _customers[run], Now, _ids[run], "Seoul", [Second], Now));

    Task<Guid> Delivered(int run) => orders.Broker.Publish(
        new DeliveryDelivered(_ids[run], _customers[run], Now, _ids[run], "Seoul", [Second], Now));

    static DateTimeOffset Now => DateTimeOffset.UtcNow;
}
