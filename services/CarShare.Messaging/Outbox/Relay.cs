namespace CarShare.Messaging;

/// <summary>
/// Moves outbox rows to the broker (polling publisher, woken by commits). One replica of a service relays at a time:
/// all its work happens on the one connection that holds an advisory lock, so a replica that lost the lock cannot mark
/// anything. Delivery is at least once, in sequence order per partition; a partition nobody leads, or a row no broker
/// takes, holds up nothing else.
/// </summary>
sealed class Relay(RelayTarget target, RelaySignal signal, Shipment shipment, Supervisor supervisor) : BackgroundService
{
    const int BatchSize = 500;
    const long LockKey = 0x0CA25A7E;

    // A mark that is lost with the server only has an event sent again. A bitmap scan, planned while rows are not
    // counted, never marks index entries of sent rows as dead and visits all again: behind 20,000 in 4.9 ms, not 0.5.
    // Its few statements know one good plan each; left to itself the server planned them anew each time.
    internal const string SessionSettings =
        "-c synchronous_commit=off -c enable_bitmapscan=off -c plan_cache_mode=force_generic_plan";
    internal static readonly TimeSpan MarkEvery = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan Sweep = TimeSpan.FromMilliseconds(250), ObserveEvery = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan ShortRest = TimeSpan.FromMilliseconds(3), LongRest = TimeSpan.FromMilliseconds(20);

    // The producer lives as long as the service: a new one would forget what is under way, and send it twice.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await supervisor.Run($"The relay of {target.Name}", RelayWhileLeader, stoppingToken);
        shipment.Dispose();
    }

    async Task RelayWhileLeader(CancellationToken ct)
    {
        // The server ends the session of a frozen leader, which frees the lock; a living one never idles that long.
        var session = new NpgsqlConnectionStringBuilder(target.Database) { Pooling = false };
        session.Options += $" -c idle_session_timeout=5s {SessionSettings}";
        await using var connection = new NpgsqlConnection(session.ConnectionString);
        await connection.OpenAsync(ct);
        while (!(await connection.Read($"SELECT pg_try_advisory_lock({LockKey})", row => row.GetBoolean(0), ct))
            .Single())
            await Task.Delay(TimeSpan.FromSeconds(1), ct);

        try
        {
            await Relaying(connection, ct);
        }
        finally
        {
            shipment.Resign();
            if (ct.IsCancellationRequested)
            {
                shipment.Flush();
                shipment.Collect(new());
                await Mark(connection, CancellationToken.None);
            }
        }
    }

    async Task Relaying(NpgsqlConnection connection, CancellationToken ct)
    {
        var (horizon, pass) = (new Horizon(), new Pass());
        var (observedAt, markedAt, begunAt, endedAt) = (0L, 0L, 0L, 0L);
        while (true)
        {
            if (observedAt == 0 || Stopwatch.GetElapsedTime(observedAt) >= ObserveEvery)
            {
                await horizon.Observe(connection, ct);
                shipment.Observe();
                observedAt = Stopwatch.GetTimestamp();
                // What had to be left, however much it is, is passed over to the end before it is looked at again: else
                // nothing behind it would ever be sent. And most of the time is not spent on it.
                if (!pass.HasLeft || (endedAt > 0 && observedAt - endedAt > 3 * (endedAt - begunAt)))
                {
                    pass.Restart(horizon.Decided);
                    (begunAt, endedAt) = (observedAt, 0);
                }
            }

            pass.Retreat(shipment.Collect(pass));
            if (Stopwatch.GetElapsedTime(markedAt) >= MarkEvery)
            {
                await Mark(connection, ct);
                markedAt = Stopwatch.GetTimestamp();
            }

            var hasRoom = shipment.HasRoom(pass);
            var (sent, isPartial) = hasRoom ? await SendUnsent(connection, pass, horizon.Decided, ct) : (0, true);
            if (hasRoom && isPartial && endedAt == 0) endedAt = Stopwatch.GetTimestamp();
            // What is committed meanwhile shares one look.
            if (sent == 0 && isPartial) await signal.WaitAsync(shipment.IsIdle ? Sweep : MarkEvery, ct);
            else if (isPartial) await Task.Delay(sent < 5 ? ShortRest : LongRest, ct);
        }
    }

    async Task<(int Sent, bool IsPartial)> SendUnsent(
        NpgsqlConnection connection, Pass pass, long decided, CancellationToken ct)
    {
        var rows = await ReadUnsent(connection, pass.At, ct);
        var sent = rows.Count(row => shipment.Send(row, pass));
        pass.Read(rows, BatchSize, decided);
        return (sent, rows.Count < BatchSize);
    }

    async Task Mark(NpgsqlConnection connection, CancellationToken ct)
    {
        var acknowledged = shipment.Acknowledged();
        if (acknowledged.Length == 0) return;
        await connection.Read(
            $"UPDATE outbox SET sent_at = clock_timestamp() WHERE sequence = ANY({acknowledged}) AND sent_at IS NULL",
            _ => true, ct);
        shipment.Forget(acknowledged);
    }

    static Task<List<OutboxMessage>> ReadUnsent(NpgsqlConnection connection, long after, CancellationToken ct) =>
        connection.Read(
        $"""
        SELECT sequence, id, type, topic, key, payload, trace_parent, occurred_at FROM outbox
        WHERE sent_at IS NULL AND sequence > {after} ORDER BY sequence LIMIT {BatchSize}
        """,
        row => new OutboxMessage
        {
            Sequence = row.GetInt64(0),
            Id = row.GetGuid(1),
            Type = row.GetString(2),
            Topic = row.GetString(3),
            Key = row.GetString(4),
            Payload = row.GetString(5),
            TraceParent = row.IsDBNull(6) ? null : row.GetString(6),
            OccurredAt = row.GetFieldValue<DateTimeOffset>(7),
        }, ct);
}

/// <summary>Where the relay reads and writes.</summary>
sealed record RelayTarget(string Database, string Name);
