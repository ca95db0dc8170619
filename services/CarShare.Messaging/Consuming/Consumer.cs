namespace CarShare.Messaging;

/// <summary>
/// Reads the topics of a service in batches and hands them to its <see cref="IEventSink"/>: per-partition order,
/// exactly-once effects (idempotent receiver), what can't be handled parked, an unavailable store waited for. Where to
/// read from is the sink's position, never the broker's.
/// </summary>
sealed partial class Consumer(
    ConsumerOptions options, IEventSink sink, CatchUp catchUp, Handling handling, ConsumerWatch watch,
    Supervisor supervisor,
    IConfiguration configuration, MessagingMetrics metrics, TimeProvider clock,
    ILogger<Consumer> logger) : BackgroundService
{
    static readonly TimeSpan PollPatience = TimeSpan.FromMilliseconds(20);
    internal static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(10);
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    bool _proveAgain;
    long _polled;

    // librdkafka blocks the calling thread, so the loop has one of its own.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => supervisor.Run(
        $"The consumer of {options.Group}",
        ct => Task.Factory.StartNew(() => Consume(ct), ct, TaskCreationOptions.LongRunning, TaskScheduler.Default),
        stoppingToken);

    void Consume(CancellationToken ct)
    {
        var readings = new Readings(options, sink, catchUp, supervisor, metrics, clock);
        using var consumer = Build(readings, ct);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(ct);
        consumer.Subscribe(options.Topics);
        var watched = watch.Run(consumer, readings, watching.Token);
        var checkedAt = clock.GetTimestamp();
        try
        {
            while (!ct.IsCancellationRequested)
            {
                // Before polling: what is taken up again is read from behind the last batch.
                readings.Tend(consumer);
                var batch = Poll(consumer, readings, ct);
                if (clock.GetElapsedTime(checkedAt) >= Pause)
                {
                    CheckPositions(readings, ct);
                    watch.ThrowIfStuck();
                    if (watch.HasOtherTopics())
                        throw new InvalidOperationException("A topic was made again; the consumer joins anew.");
                    watch.ReportLag(consumer, readings);
                    checkedAt = clock.GetTimestamp();
                }

                if (batch.Count > 0) Handle(batch, consumer, readings, ct).GetAwaiter().GetResult();
            }
        }
        finally
        {
            watching.Cancel();
            watched.GetAwaiter().GetResult();
            readings.Revoke();
            watch.ReportLag(consumer, readings);
            consumer.Close();
        }
    }

    /// <summary>
    /// Waits for the first record, then takes what has already arrived, or arrives within <see cref="Gather"/> of the
    /// last batch: under load one transaction serves many.
    /// </summary>
    List<ReceivedEvent> Poll(IConsumer<string, byte[]> consumer, Readings readings, CancellationToken ct)
    {
        var (batch, generation) = (new List<ReceivedEvent>(), readings.Generation);
        while (batch.Count < options.BatchSize && !ct.IsCancellationRequested)
        {
            ConsumeResult<string, byte[]>? record;
            try
            {
                var patience = batch.Count == 0 ? PollPatience : Gather - clock.GetElapsedTime(_polled);
                record = consumer.Consume(patience > TimeSpan.Zero ? patience : TimeSpan.Zero);
            }
            catch (ConsumeException e) when (
                e.Error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange)
            {
                readings.OutOfRange(consumer, e.ConsumerRecord.TopicPartition);
                continue;
            }
            catch (ConsumeException e) when (!e.Error.IsFatal)
            {
                Log.Broker(logger, options.Group, e.Error.Reason);
                break;
            }

            // Read over a connection that is gone, or by another assignment: it comes again.
            if (generation != readings.Generation) batch.Clear();
            generation = readings.Generation;
            if (_proveAgain)
            {
                _proveAgain = false;
                readings.ProveAgain(consumer);
                return [];
            }

            if (record is null) break;
            if (record.IsPartitionEOF)
            {
                readings.End(consumer, record.TopicPartitionOffset);
                continue;
            }

            var received = ReceivedEvent.From(record);
            if (readings.Admit(consumer, received)) batch.Add(received);
        }

        // What came before a gap is read once more with what fills it.
        batch.RemoveAll(e => readings.Find(e) is not { Settling: null });
        if (batch.Count > 0) _polled = clock.GetTimestamp();
        return batch;
    }

    async Task Handle(
        List<ReceivedEvent> batch, IConsumer<string, byte[]> consumer, Readings readings, CancellationToken ct)
    {
        var parts = batch.GroupBy(e => readings.Find(e)!).ToDictionary(part => part.Key, part => part.ToList());
        if (await Together(parts.Keys, batch)) return;
        foreach (var (reading, part) in parts)
        {
            if (parts.Count > 1 && part.Count > 1 && await Together([reading], part)) continue;
            foreach (var single in part)
            {
                var behind = single.Behind(reading.Position);
                if (!await handling.Alone(single, behind, reading.Attempts + 1, ct))
                {
                    readings.Hold(consumer, reading);
                    break;
                }

                Advance(reading, behind, [single]);
            }
        }

        async Task<bool> Together(IReadOnlyCollection<Reading> some, List<ReceivedEvent> events)
        {
            var behind = some.ToDictionary(r => r, r => parts[r].Aggregate(r.Position, (known, e) => e.Behind(known)));
            if (events.Count == 1 || !await handling.Together(events, behind.Values, ct)) return false;
            foreach (var (reading, position) in behind) Advance(reading, position, parts[reading]);
            return true;
        }

        void Advance(Reading reading, ConsumerPosition behind, List<ReceivedEvent> handled)
        {
            reading.Handled = handled[^1].Sequence > 0 ? handled[^1].Sequence : null;
            (reading.Position, reading.Attempts) = (behind, 0);
            consumer.StoreOffset(new TopicPartitionOffset(reading.Partition, behind.NextOffset));
        }
    }

    void CheckPositions(Readings readings, CancellationToken ct)
    {
        var positions = readings.All.Where(r => r.IsLive).Select(r => r.Position).ToList();
        if (!supervisor.Retry($"{options.Group}: its positions", () => sink.Holds(positions, ct), ct).GetAwaiter()
            .GetResult())
            throw new PositionLostException($"The store of {options.Group} forgot how far it had come.");
    }

    IConsumer<string, byte[]> Build(Readings readings, CancellationToken ct) =>
        new ConsumerBuilder<string, byte[]>(KafkaSettings.Consumer(configuration, new()
        {
            GroupId = options.Group,
            ClientId = options.Group,
            PartitionAssignmentStrategy = PartitionAssignmentStrategy.Range,
            SessionTimeoutMs = 6_000,
            HeartbeatIntervalMs = 1_000,
            AutoOffsetReset = AutoOffsetReset.Error,
            EnablePartitionEof = true,
            // Kafka's own offsets serve its lag metrics only.
            EnableAutoOffsetStore = false,
            AutoCommitIntervalMs = 2_000,
            FetchWaitMaxMs = 100,
            FetchErrorBackoffMs = 100,
        }))
        .SetPartitionsAssignedHandler((consumer, partitions) => readings.Assign(consumer, partitions, ct))
        .SetPartitionsRevokedHandler((_, _) => readings.Revoke())
        .SetPartitionsLostHandler((_, _) => readings.Revoke())
        // Called from within Consume, before any record that a new connection brings.
        .SetErrorHandler((_, error) =>
        {
            _proveAgain |= error.IsLocalError;
            watch.LastError = error.Reason;
        })
        .SetLogHandler((_, message) => Log.Broker(logger, options.Group, message.Message))
        .Build();

    static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "The consumer of {Group}: {Reason}")]
        public static partial void Broker(ILogger logger, string group, string reason);
    }
}
