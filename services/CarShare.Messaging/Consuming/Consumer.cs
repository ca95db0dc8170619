using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

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
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // librdkafka blocks the calling thread, so the loop has one of its own.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => Run(stoppingToken), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    void Run(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                Consume(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                Log.Interrupted(logger, options.Group, e);
                ct.WaitHandle.WaitOne(Pause);
            }
        }
    }

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
                    CheckPositions(guard);
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

    /// <summary>Waits for the first record, then takes what has already arrived.</summary>
    List<ReceivedEvent> Poll(IConsumer<string, byte[]> consumer, PartitionGuard guard, CancellationToken ct)
    {
        var batch = new List<ReceivedEvent>();
        var patience = PollPatience;
        while (batch.Count < options.BatchSize && !ct.IsCancellationRequested)
        {
            ConsumeResult<string, byte[]>? record;
            try
            {
                record = consumer.Consume(patience);
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

            if (record is null) break;
            patience = TimeSpan.Zero;
            var received = ReceivedEvent.From(record);
            if (guard.Admit(consumer, received, ct)) batch.Add(received);
        }

        return batch;
    }

    async Task Handle(List<ReceivedEvent> batch, PartitionGuard guard, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var distinct = batch.DistinctBy(e => e.Id).ToList();
                metrics.Handled(batch.Count, await sink.Handle(distinct, guard.PositionsAfter(batch), CancellationToken.None));
                return;
            }
            catch (PositionLostException)
            {
                throw;
            }
            catch (Exception e) when (sink.IsUnavailable(e))
            {
                Log.Waiting(logger, options.Group, e);
                await Task.Delay(Pause, clock, ct);
            }
            catch (Exception e) when (sink.IsConflict(e))
            {
                await Task.Delay(Random.Shared.Next(10, 200), ct);
            }
            catch (Exception e) when (batch.Count > 1)
            {
                Log.OneByOne(logger, options.Group, batch.Count, e);
                foreach (var single in batch) await Handle([single], guard, ct);
                return;
            }
            catch (Exception e) when (attempt < options.MaxTries)
            {
                Log.Retrying(logger, options.Group, batch[0].Type, batch[0].Id, attempt, e);
                await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), clock, ct);
            }
            catch (Exception e)
            {
                await Park(batch[0], e, guard, ct);
                return;
            }
        }
    }

    async Task Park(ReceivedEvent letter, Exception error, PartitionGuard guard, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await sink.Park(letter, error, guard.PositionsAfter([letter]).Single(), CancellationToken.None);
                metrics.Parked(letter.Type);
                Log.Parked(logger, options.Group, letter.Type, letter.Id, error);
                return;
            }
            catch (Exception e) when (sink.IsUnavailable(e) || sink.IsConflict(e))
            {
                await Task.Delay(Pause, clock, ct);
            }
        }
    }

    void CheckPositions(PartitionGuard guard)
    {
        try
        {
            var positions = guard.NextOffsets.Select(p => (p.Partition.Topic, p.Partition.Partition.Value, p.Next)).ToList();
            if (!sink.Holds(positions, CancellationToken.None).GetAwaiter().GetResult()) throw new PositionLostException($"The store of {options.Group} forgot how far it had come.");
        }
        catch (Exception e) when (sink.IsUnavailable(e))
        {
            Log.Waiting(logger, options.Group, e);
        }
    }

    IConsumer<string, byte[]> Build(PartitionGuard guard, CancellationToken ct) => new ConsumerBuilder<string, byte[]>(new ConsumerConfig
    {
        BootstrapServers = configuration.GetConnectionString("kafka") ?? throw new InvalidOperationException("Connection string 'kafka' is missing."),
        GroupId = options.Group,
        ClientId = options.Group,
        PartitionAssignmentStrategy = PartitionAssignmentStrategy.Range,
        SessionTimeoutMs = 6_000,
        HeartbeatIntervalMs = 1_000,
        AutoOffsetReset = AutoOffsetReset.Error,
        EnableAutoOffsetStore = false,
        AutoCommitIntervalMs = 2_000,
        // A topic the one-shot migrations have not created yet is waited for: asking for it must not create it with the broker's default size.
        AllowAutoCreateTopics = false,
        FetchWaitMaxMs = 50,
        FetchErrorBackoffMs = 100,
        SocketKeepaliveEnable = true,
        ReconnectBackoffMs = 50,
        ReconnectBackoffMaxMs = 1_000,
        TopicMetadataRefreshIntervalMs = 10_000,
    })
        .SetPartitionsAssignedHandler((consumer, partitions) => guard.Assign(consumer, partitions, ct))
        .SetPartitionsRevokedHandler((_, _) => guard.Revoke())
        .SetPartitionsLostHandler((_, _) => guard.Revoke())
        .SetErrorHandler((_, error) => Log.Broker(logger, options.Group, error.Reason))
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
        [LoggerMessage(LogLevel.Warning, "The consumer of {Group} was interrupted and starts again")]
        public static partial void Interrupted(ILogger logger, string group, Exception error);

        [LoggerMessage(LogLevel.Warning, "The store of {Group} is unavailable; its events wait")]
        public static partial void Waiting(ILogger logger, string group, Exception error);

        [LoggerMessage(LogLevel.Warning, "A batch of {Count} events of {Group} failed and is handled one by one")]
        public static partial void OneByOne(ILogger logger, string group, int count, Exception error);

        [LoggerMessage(LogLevel.Warning, "{Group}: {Type} {Id} failed, try {Attempt}")]
        public static partial void Retrying(ILogger logger, string group, string type, Guid id, int attempt, Exception error);

        [LoggerMessage(LogLevel.Error, "{Group}: {Type} {Id} keeps failing and is parked as a dead letter")]
        public static partial void Parked(ILogger logger, string group, string type, Guid id, Exception error);

        [LoggerMessage(LogLevel.Debug, "The consumer of {Group}: {Reason}")]
        public static partial void Broker(ILogger logger, string group, string reason);
    }
}
