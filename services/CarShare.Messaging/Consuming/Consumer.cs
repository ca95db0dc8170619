namespace CarShare.Messaging;

/// <summary>What a service consumes and how.</summary>
public sealed class ConsumerOptions
{
    /// <summary>Consumer group: the service's name.</summary>
    public string Group { get; set; } = "";

    /// <summary>Topics subscribed to.</summary>
    public IReadOnlyCollection<string> Topics { get; set; } = [];

    /// <summary>Most events in one transaction.</summary>
    public int BatchSize { get; set; } = 100;

    /// <summary>Tries of one failing event before it is parked.</summary>
    public int MaxTries { get; set; } = 6;

    /// <summary>How far behind the last handled sequence a republish starts: more than the events that can be in commit at once.</summary>
    public long RepublishMargin { get; set; } = 1_000;
}

/// <summary>
/// Reads the topics of a service in batches and hands them to its <see cref="IEventSink"/>: per-partition order, exactly-once effects (idempotent receiver), poison messages parked
/// after <see cref="ConsumerOptions.MaxTries"/>, an unavailable store waited for. Where to read from is the sink's position, never the broker's; see <see cref="PartitionGuard"/>.
/// </summary>
sealed partial class Consumer(
    ConsumerOptions options, IEventSink sink, Republisher republisher, IConfiguration configuration, MessagingMetrics metrics, TimeProvider clock, ILogger<Consumer> logger)
    : BackgroundService
{
    static readonly TimeSpan PollPatience = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    bool _doubt;
    long _polled;

    // librdkafka blocks the calling thread, so the loop has one of its own.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Supervisor.Keep(
        $"The consumer of {options.Group}",
        ct => Task.Factory.StartNew(() => Consume(ct), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default), logger, stoppingToken);

    void Consume(CancellationToken ct)
    {
        var guard = new PartitionGuard(options, sink, republisher, logger);
        using var consumer = Build(guard, ct);
        consumer.Subscribe(options.Topics);
        var checkedAt = clock.GetTimestamp();
        try
        {
            while (!ct.IsCancellationRequested)
            {
                var batch = Poll(consumer, guard, ct);
                if (clock.GetElapsedTime(checkedAt) >= Pause)
                {
                    CheckPositions(guard, ct);
                    checkedAt = clock.GetTimestamp();
                }

                if (batch.Count == 0) continue;

                Handle(batch, guard, ct).GetAwaiter().GetResult();
                foreach (var last in guard.Advance(batch)) consumer.StoreOffset(last);
                ReportLag(consumer, guard);
            }
        }
        finally
        {
            metrics.ForgetLags();
            consumer.Close();
        }
    }

    /// <summary>Waits for the first record, then takes what has already arrived, or arrives within <see cref="Gather"/> of the last batch: under load one transaction serves many.</summary>
    List<ReceivedEvent> Poll(IConsumer<string, byte[]> consumer, PartitionGuard guard, CancellationToken ct)
    {
        var batch = new List<ReceivedEvent>();
        while (batch.Count < options.BatchSize && !ct.IsCancellationRequested)
        {
            ConsumeResult<string, byte[]>? record;
            try
            {
                record = consumer.Consume(batch.Count == 0 ? PollPatience : TimeSpan.FromTicks(Math.Max(0, (Gather - clock.GetElapsedTime(_polled)).Ticks)));
            }
            catch (ConsumeException e) when (e.Error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange)
            {
                guard.Lost(consumer, e.ConsumerRecord.TopicPartition, ct);
                continue;
            }
            catch (ConsumeException e) when (!e.Error.IsFatal)
            {
                Log.Broker(logger, options.Group, e.Error.Reason);
                break;
            }

            if (_doubt)
            {
                _doubt = false;
                guard.Doubt(consumer);
                return [];
            }

            if (record is null) break;
            var received = ReceivedEvent.From(record);
            if (guard.Admit(consumer, received, ct)) batch.Add(received);
        }

        if (batch.Count > 0) _polled = clock.GetTimestamp();
        batch.RemoveAll(e => !guard.Owns(e));   // another replica's since a moment
        return batch;
    }

    async Task Handle(List<ReceivedEvent> batch, PartitionGuard guard, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var distinct = batch.DistinctBy(e => e.Id).ToList();
                metrics.Handled(batch.Count, await sink.Insist(() => sink.Handle(distinct, guard.PositionsAfter(batch), CancellationToken.None), logger, ct));
                return;
            }
            catch (Exception e) when (e is not (OperationCanceledException or PositionLostException))
            {
                Log.Failed(logger, options.Group, batch.Count, batch[0].Type, batch[0].Id, attempt, e);
                if (batch.Count > 1)
                {
                    foreach (var single in batch) await Handle([single], guard, ct);
                    return;
                }

                if (attempt == options.MaxTries)
                {
                    await sink.Insist(() => sink.Park(batch[0], e, guard.PositionsAfter(batch).Single(), CancellationToken.None), logger, ct);
                    metrics.Parked(batch[0].Type);
                    Log.Parked(logger, options.Group, batch[0].Type, batch[0].Id);
                    return;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), clock, ct);
            }
        }
    }

    void CheckPositions(PartitionGuard guard, CancellationToken ct)
    {
        var positions = guard.NextOffsets.Select(p => (p.Partition.Topic, p.Partition.Partition.Value, p.Next)).ToList();
        if (!sink.Insist(() => sink.Holds(positions, ct), logger, ct).GetAwaiter().GetResult())
            throw new PositionLostException($"The store of {options.Group} forgot how far it had come.");
    }

    IConsumer<string, byte[]> Build(PartitionGuard guard, CancellationToken ct) => new ConsumerBuilder<string, byte[]>(new ConsumerConfig
    {
        BootstrapServers = configuration.GetConnectionString("kafka") ?? throw new InvalidOperationException("Connection string 'kafka' is missing."),
        GroupId = options.Group, ClientId = options.Group, PartitionAssignmentStrategy = PartitionAssignmentStrategy.Range,
        SessionTimeoutMs = 6_000, HeartbeatIntervalMs = 1_000,
        AutoOffsetReset = AutoOffsetReset.Error,
        EnableAutoOffsetStore = false, AutoCommitIntervalMs = 2_000,
        // A topic the one-shot migrations have not created yet is waited for: asking for it must not create it with the broker's default size.
        AllowAutoCreateTopics = false,
        FetchWaitMaxMs = 50, FetchErrorBackoffMs = 100, TopicMetadataRefreshIntervalMs = 10_000,
        SocketKeepaliveEnable = true, ReconnectBackoffMs = 50, ReconnectBackoffMaxMs = 1_000,
    })
        .SetPartitionsAssignedHandler((consumer, partitions) => guard.Assign(consumer, partitions, ct))
        .SetPartitionsRevokedHandler((_, _) => guard.Revoke())
        // Called from within Consume, before any record that a new connection brings.
        .SetErrorHandler((_, error) => _doubt |= error.IsLocalError)
        .SetLogHandler((_, message) => Log.Broker(logger, options.Group, message.Message))
        .Build();

    void ReportLag(IConsumer<string, byte[]> consumer, PartitionGuard guard)
    {
        foreach (var (partition, next) in guard.NextOffsets)
        {
            var high = consumer.GetWatermarkOffsets(partition).High;
            if (high != Offset.Unset) metrics.Lag(partition.Topic, partition.Partition, Math.Max(0, high - next));
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Group}: {Count} events from {Type} {Id} on failed together, try {Attempt}")]
        public static partial void Failed(ILogger logger, string group, int count, string type, Guid id, int attempt, Exception error);

        [LoggerMessage(LogLevel.Error, "{Group}: {Type} {Id} keeps failing and is parked as a dead letter")]
        public static partial void Parked(ILogger logger, string group, string type, Guid id);

        [LoggerMessage(LogLevel.Debug, "The consumer of {Group}: {Reason}")]
        public static partial void Broker(ILogger logger, string group, string reason);
    }
}
