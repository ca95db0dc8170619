namespace CarShare.Messaging;

/// <summary>
/// Looks from beside the consumer, every few seconds, whether it gets anywhere while the brokers answer: it has no
/// share of the partitions though some belong to nobody, or a place of it stands, not at the log's end. It joins the
/// group anew then, and what stays so for a minute fails liveness, so that a restart heals it. Brokers or a store that
/// are away are no reason: a restart would not bring them back.
/// </summary>
sealed class ConsumerWatch(
    ConsumerOptions options, TopicCheck topics, Supervisor supervisor, MessagingMetrics metrics,
    TimeProvider clock) : IHealthCheck
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(5), Patience = TimeSpan.FromSeconds(2);
    static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);
    // A group that forms anew takes some seconds for each member that joins; whoever leaves meanwhile begins it again.
    static readonly TimeSpan RejoinAfter = TimeSpan.FromSeconds(15), ShareAfter = TimeSpan.FromSeconds(45);
    static readonly TimeSpan FailAfter = TimeSpan.FromSeconds(60);

    readonly Lock _gate = new();
    readonly Dictionary<string, string> _made = [];
    List<Reading> _standing = [];
    string? _reason;
    long _since, _joined;

    /// <summary>What the client said last of its connections.</summary>
    public string? LastError { get; set; }

    /// <summary>Runs as long as this consumer lives.</summary>
    public async Task Run(IConsumer<string, byte[]> consumer, Readings readings, CancellationToken ct)
    {
        lock (_gate)
        {
            _joined = clock.GetTimestamp();
            _made.Clear();
        }

        using var admin = new DependentAdminClientBuilder(consumer.Handle).Build();
        await supervisor.Run($"The watch over the consumer of {options.Group}", async token =>
        {
            while (true)
            {
                var standing = new List<Reading>();
                var reason = await Task.Run(() => Find(admin, consumer, readings, standing), token);
                if (standing.Count > 0) await Task.Delay(Moment, clock, token);
                standing.RemoveAll(reading => Reached(reading) != reading.Seen.Reached);
                Report(reason, standing);
                await Task.Delay(Pause, clock, token);
                ReportLag(consumer, readings);   // also while the consumer waits for its store
            }
        }, ct);
    }

    public void ReportLag(IConsumer<string, byte[]> consumer, Readings readings)
    {
        var lags = new Dictionary<TopicPartition, long>();
        foreach (var reading in readings.All)
        {
            var high = consumer.GetWatermarkOffsets(reading.Partition).High;
            if (high != Offset.Unset) lags[reading.Partition] = Math.Max(0, high - Reached(reading));
        }

        metrics.Lags(lags);
    }

    /// <summary>
    /// True once after a topic was deleted and made again: a place in it proves nothing, however far the new one
    /// reaches, and a client that has read the old one may wait for it in silence.
    /// </summary>
    public bool HasOtherTopics()
    {
        lock (_gate)
        {
            var isOther = false;
            foreach (var topic in options.Topics)
            {
                if (topics.Id(topic) is not { } id) continue;
                isOther |= _made.TryGetValue(topic, out var known) && known != id;
                _made[topic] = id;
            }

            return isOther;
        }
    }

    /// <summary>Makes the consumer join anew.</summary>
    public void ThrowIfStuck()
    {
        lock (_gate)
        {
            var patience = _standing.Count > 0 ? RejoinAfter : ShareAfter;
            if (_reason is null || clock.GetElapsedTime(Math.Max(_since, _joined)) < patience) return;
            // Since the last look all may have moved: this thread was busy with the very batch they waited for.
            if (_standing.Count > 0 && !_standing.Exists(reading => Reached(reading) == reading.Seen.Reached)) return;
            throw new InvalidOperationException($"{_reason}, although the brokers answer; it joins anew.");
        }
    }

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_reason is null) return Task.FromResult(HealthCheckResult.Healthy(topics.Sentence));
            var since = clock.GetElapsedTime(_since);
            var sentence = $"{_reason} for {since.TotalSeconds:0} s, although the brokers answer.";
            return Task.FromResult(
                since < FailAfter ? HealthCheckResult.Degraded(sentence) : HealthCheckResult.Unhealthy(sentence));
        }
    }

    void Report(string? reason, List<Reading> standing)
    {
        lock (_gate)
        {
            if (standing is [var first, ..])
            {
                _since = standing.Min(reading => reading.Seen.Since);
                reason = $"The consumer of {options.Group} stands at {first.Partition} {first.Seen.Reached}, "
                    + "not at the end";
            }
            else if (_reason is null) _since = clock.GetTimestamp();
            (_reason, _standing) = (reason, standing);
            metrics.Stuck = reason is not null;
        }
    }

    /// <summary>
    /// What is wrong; null if nothing is, or if nobody can say. What seems to stand may have its next record just now.
    /// </summary>
    string? Find(
        IAdminClient admin, IConsumer<string, byte[]> consumer, Readings readings, List<Reading> standing)
    {
        try
        {
            if (!topics.AreRight(admin, options.Topics) || supervisor.IsWaiting)
            {
                foreach (var reading in readings.All) Excuse(reading);
                return null;
            }

            // Just joined: nothing new is known.
            if (!readings.IsAssigned && clock.GetElapsedTime(_joined) < Pause) return _reason;
            if (!readings.IsAssigned)
            {
                admin.EachLeaderAnswers(options);
                return $"The consumer of {options.Group} has no assignment";
            }

            if (readings.All.Count == 0)
                return admin.HasUnowned(options)
                ? $"The consumer of {options.Group} has no partition though some belong to nobody" : null;
            foreach (var reading in readings.All)
            {
                var reached = Reached(reading);
                if (reading.IsExcused(clock)) Excuse(reading);
                // It looks for its place in vain, its log goes on, or is another one that ends before.
                else if (reading.Seen.Reached == reached && !(reading.IsLive && IsEnd(consumer, reading, reached)))
                    standing.Add(reading);
                else reading.Seen = (reached, clock.GetTimestamp());
            }
        }
        catch (Exception e) when (e is KafkaException or ObjectDisposedException)
        {
            // The brokers do not answer, which the client says itself.
            standing.Clear();
        }

        return null;
    }

    void Excuse(Reading reading) => reading.Seen = reading.Seen with { Since = clock.GetTimestamp() };

    /// <summary>True too where nobody can say, because nobody leads this partition.</summary>
    static bool IsEnd(IConsumer<string, byte[]> consumer, Reading reading, long reached)
    {
        try
        {
            return consumer.QueryWatermarkOffsets(reading.Partition, Patience).High == reached;
        }
        catch (KafkaException)
        {
            return true;
        }
    }

    static long Reached(Reading reading) => Math.Max(reading.Position.NextOffset, reading.Reached);
}
