namespace CarShare.Messaging;

/// <summary>Where the relay reads and writes.</summary>
sealed record RelayTarget(string Database, string Brokers, string Name);

/// <summary>
/// Moves outbox rows to the broker (polling publisher, woken by commits). One replica of a service relays at a time: all its work happens on the one connection
/// that holds an advisory lock, so a replica that lost the lock cannot mark anything. Delivery is at least once, in sequence order per partition.
/// </summary>
sealed class Relay(RelayTarget target, RelaySignal signal, MessagingMetrics metrics, ILogger<Relay> logger) : BackgroundService
{
    const int BatchSize = 500;
    const long LockKey = 0x0CA25A7E;

    // A mark that is lost with the server only has an event sent again. A bitmap scan never marks the index entries of rows sent long ago as dead, so that each look would
    // visit all of them again.
    internal const string SessionSettings = "-c synchronous_commit=off -c enable_bitmapscan=off";
    internal static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan Sweep = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(8);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Supervisor.Keep($"The relay of {target.Name}", RelayWhileLeader, logger, stoppingToken);

    async Task RelayWhileLeader(CancellationToken ct)
    {
        // The server ends the session of a frozen leader, which frees the lock; a living one never idles that long.
        var session = new NpgsqlConnectionStringBuilder(target.Database) { Pooling = false };
        session.Options += $" -c idle_session_timeout=10s {SessionSettings}";
        await using var connection = new NpgsqlConnection(session.ConnectionString);
        await connection.OpenAsync(ct);
        while (!(await connection.Read($"SELECT pg_try_advisory_lock({LockKey})", row => row.GetBoolean(0), ct)).Single()) await Task.Delay(TimeSpan.FromSeconds(1), ct);

        using var producer = Build();
        while (true)
        {
            var batch = await ReadUnsent(connection, ct);
            metrics.OutboxAge = batch.Count > 0 ? DateTimeOffset.UtcNow - batch[0].OccurredAt : TimeSpan.Zero;
            if (batch.Count == 0)
            {
                await signal.WaitAsync(Sweep, ct);
                continue;
            }

            var acknowledged = await Send(producer, connection, batch, ct);
            // Nearly always one attempt; joining pairs instead makes the planner read the whole table.
            foreach (var attempt in acknowledged.GroupBy(r => r.Attempt))
                await connection.Read($"UPDATE outbox SET sent_at = clock_timestamp() WHERE sequence = ANY({attempt.Select(r => r.Sequence).ToArray()}) AND attempt = {attempt.Key}", _ => true, ct);
            if (batch.Count < BatchSize) await Task.Delay(Gather, ct);   // what is committed meanwhile shares one flush and one commit
            if (acknowledged.Count < batch.Count) throw new KafkaException(new Error(ErrorCode.Local_Fail, $"{batch.Count - acknowledged.Count} of {batch.Count} events were not acknowledged."));
        }
    }

    static Task<List<OutboxMessage>> ReadUnsent(NpgsqlConnection connection, CancellationToken ct) => connection.Read(
        $"SELECT sequence, id, type, topic, key, payload, trace_parent, occurred_at, attempt FROM outbox WHERE sent_at IS NULL ORDER BY sequence LIMIT {BatchSize}",
        row => new OutboxMessage
        {
            Sequence = row.GetInt64(0), Id = row.GetGuid(1), Type = row.GetString(2), Topic = row.GetString(3), Key = row.GetString(4), Payload = row.GetString(5),
            TraceParent = row.IsDBNull(6) ? null : row.GetString(6), OccurredAt = row.GetFieldValue<DateTimeOffset>(7), Attempt = row.GetInt32(8),
        }, ct);

    /// <summary>Produces all, flushes once, and answers the rows that were acknowledged with nothing unacknowledged before them in their partition.</summary>
    async Task<List<OutboxMessage>> Send(IProducer<string, string> producer, NpgsqlConnection connection, List<OutboxMessage> batch, CancellationToken ct)
    {
        var reports = new DeliveryReport<string, string>?[batch.Count];
        for (var i = 0; i < batch.Count; i++)
        {
            var index = i;
            producer.Produce(batch[i].Topic, CloudEvent.ToRecord(batch[i], $"/{Contracts.Topics.SourceOf(batch[i].Topic)}"), report => reports[index] = report);
        }

        var deadline = DateTime.UtcNow + FlushPatience;
        while (producer.Flush(TimeSpan.FromSeconds(1)) > 0 && DateTime.UtcNow < deadline)
        {
            ct.ThrowIfCancellationRequested();
            await connection.Read($"SELECT 1", _ => true, ct);
        }

        // A record without a report may stand in any partition of its topic, so nothing behind it counts there.
        var broken = new HashSet<(string Topic, int Partition)>();
        var brokenTopics = new HashSet<string>();
        var acknowledged = new List<OutboxMessage>(batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            if (reports[i] is not { } report || report.Partition == Partition.Any) brokenTopics.Add(batch[i].Topic);
            else if (report.Status != PersistenceStatus.Persisted) broken.Add((report.Topic, report.Partition));
            else if (!brokenTopics.Contains(report.Topic) && !broken.Contains((report.Topic, report.Partition))) acknowledged.Add(batch[i]);
        }

        return acknowledged;
    }

    IProducer<string, string> Build() => new ProducerBuilder<string, string>(new ProducerConfig
    {
        BootstrapServers = target.Brokers,
        ClientId = $"{target.Name}-relay",
        Acks = Acks.All, EnableIdempotence = true,
        MessageTimeoutMs = 0,
        LingerMs = 1,
        // Same hash as the Java client, so that any producer of a key reaches the same partition.
        Partitioner = Partitioner.Murmur2Random,
        SocketKeepaliveEnable = true, ReconnectBackoffMs = 50, ReconnectBackoffMaxMs = 1_000,
    })
        .SetLogHandler((_, message) => logger.LogDebug("The relay of {Name}: {Reason}", target.Name, message.Message))
        .Build();
}
