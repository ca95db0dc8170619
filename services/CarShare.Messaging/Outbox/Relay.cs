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

/// <summary>
/// One way through the unsent rows, in sequence order. It begins behind what is settled for good, and begins anew when
/// it has come to the end or some time has passed, because a lower sequence may be committed after a higher one.
/// </summary>
sealed class Pass
{
    readonly Dictionary<(string Topic, int Partition), long> _open = [];
    readonly HashSet<(string Topic, int Partition)> _closed = [];
    long _floor, _horizon;

    /// <summary>Rows stay unsent behind which others are.</summary>
    public bool HasLeft => _open.Count > 0;

    /// <summary>Rows wait for others of their partition, which are under way.</summary>
    public bool HasClosed => _closed.Count > 0;

    /// <summary>Rows behind this one come next.</summary>
    public long At { get; private set; }

    /// <summary>Begins anew, now that everything up to this sequence is decided.</summary>
    public void Restart(long decided)
    {
        // All that is decided has been seen up to here, but for what had to be left.
        var left = HasLeft ? _open.Values.Min() - 1 : long.MaxValue;
        _floor = Math.Max(_floor, Math.Min(Math.Min(_horizon, At), left));
        (At, _horizon) = (_floor, Math.Max(_horizon, decided));
        _open.Clear();
        _closed.Clear();
    }

    /// <summary>These rows were read and sent or left.</summary>
    public void Read(List<OutboxMessage> rows, int full, long decided)
    {
        if (rows.Count > 0) At = rows[^1].Sequence;
        // At the end, where nothing was left over that would be read again and again.
        if (rows.Count < full && !HasLeft) Restart(decided);
    }

    /// <summary>Rows from this sequence on have to be read once more.</summary>
    public void Retreat(long? sequence)
    {
        if (sequence is not { } first) return;
        _floor = Math.Min(_floor, first - 1);
        At = Math.Min(At, _floor);
    }

    /// <summary>The row stays unsent for now.</summary>
    public void Leave(long sequence, (string Topic, int Partition) place) =>
        _open[place] = Math.Min(sequence, _open.GetValueOrDefault(place, sequence));

    /// <summary>The row and all behind it in its partition stay unsent for now: they keep their order.</summary>
    public void Close(long sequence, (string Topic, int Partition) place)
    {
        Leave(sequence, place);
        _closed.Add(place);
    }

    public bool IsClosed((string Topic, int Partition) place) => _closed.Contains(place);

    /// <summary>What had to wait of this partition comes next.</summary>
    public void Reopen((string Topic, int Partition) place)
    {
        if (_closed.Remove(place) && _open.Remove(place, out var left)) At = Math.Min(At, left - 1);
    }

    /// <summary>The sequence up to which nothing of this partition is sent behind this row.</summary>
    public long Complete(long sequence, (string Topic, int Partition) place) =>
        Math.Min(Math.Min(_horizon, sequence), _open.TryGetValue(place, out var left) ? left - 1 : long.MaxValue);
}
