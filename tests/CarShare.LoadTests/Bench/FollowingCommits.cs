using System.Threading.Channels;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// The commits that follow from accepted orders: relays marking what they sent, and each consumer's batches, through
/// the preparation of the car.
/// </summary>
sealed class FollowingCommits(ScratchDatabases databases, CancellationToken end)
{
    const int PaymentsBatchSize = 20;
    static readonly int BatchSize = new Messaging.ConsumerOptions().BatchSize;
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    const string Delivery =
        """
        INSERT INTO deliveries (order_id, vehicles, revision, history) SELECT id, '[]', 0, '[]' FROM unnest($1) AS id
            ORDER BY id ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id RETURNING *, xmin
        """;

    const string Prepared =
        """
        UPDATE deliveries SET address = $1, changed_at = $2, customer_id = $3, delivery_id = $4, history = $8::jsonb,
            revision = 1, status = 'Preparing', trace_parent = $5, vehicles = $6::jsonb WHERE order_id = $7
            RETURNING xmin
        """;

    const string LockOrders =
        """
        SELECT *, xmin FROM orders WHERE order_id = ANY ($1)
            AND (order_id = ANY ($2) OR status IN ('Pending', 'AwaitingPayment')) ORDER BY order_id FOR UPDATE
        """;

    const string Preparing =
        "UPDATE orders SET history = $2::jsonb, status = 'Preparing' WHERE order_id = $1 RETURNING xmin";
    const string Told = "SELECT notification_id FROM notifications WHERE notification_id = ANY ($1)";
    const string Notification =
        """
        INSERT INTO notifications (notification_id, created_at, customer_id, kind, order_id, text_en, text_ko)
            VALUES ($1, $2, $3, $4, $5, $6, $6)
        """;

    static readonly string Text = new('x', 90), Trace = new('0', 55);

    readonly List<Task> _loops = [];
    readonly Channel<Accepted> _forDeliveries = Channel.CreateUnbounded<Accepted>(),
        _forOrders = Channel.CreateUnbounded<Accepted>(), _forOrdersPrepared = Channel.CreateUnbounded<Accepted>();
    readonly Channel<Accepted> _forNotifications = Channel.CreateUnbounded<Accepted>(),
        _forStocks = Channel.CreateUnbounded<Accepted>(), _forPayments = Channel.CreateUnbounded<Accepted>();
    long _owed;

    public bool IsDone => Volatile.Read(ref _owed) == 0;

    public void StartRelays(params string[] names) =>
        _loops.AddRange(names.Select(name => Task.Run(() => Relay(name), CancellationToken.None)));

    public void StartConsumers() => _loops.AddRange(
    [
        Consume("deliveriesdb", "carshare.orders", _forDeliveries, BatchSize, Prepare),
        Consume("ordersdb", "carshare.payments", _forOrders, BatchSize, (s, b) =>
            s.Read<Guid>(LockOrders, end, Ids(b), Array.Empty<Guid>())),
        Consume("ordersdb", "carshare.deliveries", _forOrdersPrepared, BatchSize, Progress),
        Consume("notificationsdb", "carshare.orders", _forNotifications, BatchSize, Notify),
        // These two know none of the events; they note how far they have come.
        Consume("stocksdb", "carshare.orders", _forStocks, BatchSize, null),
        Consume("paymentsdb", "carshare.orders", _forPayments, PaymentsBatchSize, null),
    ]);

    public void Follow(Accepted order)
    {
        foreach (var channel in new[] { _forDeliveries, _forOrders, _forNotifications, _forStocks, _forPayments })
            Owe(channel, order);
        // Paid is a second thing to be told.
        Owe(_forNotifications, order);
    }

    /// <summary>Throws what ended one of them before its time.</summary>
    public Task Failed() => _loops.Find(loop => loop.IsFaulted) ?? Task.CompletedTask;

    public Task Ended() => Task.WhenAll(_loops);

    void Owe(Channel<Accepted> channel, Accepted order)
    {
        Interlocked.Increment(ref _owed);
        channel.Writer.TryWrite(order);
    }

    async Task Relay(string name)
    {
        await using var session = await Session.Open(databases.Relay(name), end);
        while (!end.IsCancellationRequested)
        {
            var sequences = await session.Read<long>(KernelSql.Unsent, CancellationToken.None);
            if (sequences.Count > 0) await session.Run(KernelSql.MarkSent, CancellationToken.None, sequences.ToArray());
            await Task.Delay(sequences.Count > 0 ? Messaging.Relay.MarkEvery : Pause, CancellationToken.None);
        }
    }

    Task Consume(
        string name, string topic, Channel<Accepted> channel, int most, Func<Session, List<Accepted>, Task>? effect) =>
        Task.Run(async () =>
        {
            await using var session = await Session.Open(databases[name], end);
            for (var offset = 1L; !end.IsCancellationRequested; offset++)
            {
                var batch = new List<Accepted>();
                while (batch.Count < most && channel.Reader.TryRead(out var order)) batch.Add(order);
                if (batch.Count == 0)
                {
                    await Task.Delay(Pause, CancellationToken.None);
                    continue;
                }

                await session.Transaction(async () =>
                {
                    await session.Note(effect is null ? 0 : batch.Count, topic, offset, CancellationToken.None);
                    if (effect is not null) await effect(session, batch);
                }, CancellationToken.None);
                Interlocked.Add(ref _owed, -batch.Count);
                if (batch.Count < most) await Task.Delay(Messaging.Consumer.Gather, CancellationToken.None);
            }
        }, CancellationToken.None);

    async Task Prepare(Session session, List<Accepted> batch)
    {
        await session.Read<Guid>(Delivery, CancellationToken.None, Ids(batch));
        var now = DateTimeOffset.UtcNow;
        await session.Save(batch.SelectMany(order => new (string, object[])[]
        {
            (Prepared, [
                "Seoul, Jung-gu 1", now, order.Customer, Guid.CreateVersion7(), Trace, order.Vehicles, order.OrderId,
                AcceptingCommits.History("Preparing"),
            ]),
            KernelSql.Publish(order.OrderId, "carshare.deliveries", "carshare.delivery.preparing.v1"),
        }), CancellationToken.None);
        foreach (var order in batch)
        {
            Owe(_forOrdersPrepared, order);
            Owe(_forNotifications, order);
        }
    }

    async Task Progress(Session session, List<Accepted> batch)
    {
        await session.Read<Guid>(LockOrders, CancellationToken.None, Ids(batch), Ids(batch));
        await session.Save(batch.SelectMany(order => new (string, object[])[]
        {
            (Preparing, [order.OrderId, AcceptingCommits.History("Pending", "Placed", "Preparing")]),
            KernelSql.Publish(order.OrderId, "carshare.orders", "carshare.order.progressed.v1"),
        }), CancellationToken.None);
    }

    async Task Notify(Session session, List<Accepted> batch)
    {
        var ids = batch.Select(_ => Guid.CreateVersion7()).ToArray();
        await session.Read<Guid>(Told, CancellationToken.None, ids);
        await session.Save(batch.Select((order, i) => (Notification, new object[]
        {
            ids[i], DateTimeOffset.UtcNow, order.Customer, "order.placed", order.OrderId, Text,
        })), CancellationToken.None);
    }

    static Guid[] Ids(List<Accepted> batch) => [.. batch.Select(order => order.OrderId).Distinct()];
}
