namespace CarShare.Messaging;

/// <summary>
/// Decides where to read a partition and notices when the log is no longer the one that was read before. It starts one record early: only if that record carries the id
/// handled last does reading go on; otherwise (another log, a gap, an offset out of range) the partition is read from its beginning and the publisher is asked to send again.
/// </summary>
sealed partial class PartitionGuard(ConsumerOptions options, IEventSink sink, Republisher republisher, ILogger logger)
{
    static readonly TimeSpan BrokerPatience = TimeSpan.FromSeconds(3);

    readonly Dictionary<TopicPartition, Progress> _progress = [];
    Dictionary<TopicPartition, ConsumerPosition> _stored = [];

    public IEnumerable<(TopicPartition Partition, long Next)> NextOffsets => _progress.Select(p => (p.Key, p.Value.Position.NextOffset));

    public IEnumerable<TopicPartitionOffset> Assign(IConsumer<string, byte[]> consumer, List<TopicPartition> partitions, CancellationToken ct)
    {
        _progress.Clear();
        Load([.. partitions.Select(p => p.Topic).Distinct()], ct);
        var held = _stored.Values.Where(p => p.NextOffset > 0).Select(p => new TopicPartition(p.Topic, p.Partition))
            .Where(p => Holds(consumer, p, _stored[p].NextOffset - 1)).ToHashSet();
        var restarts = new List<ConsumerPosition>();
        var offsets = new List<TopicPartitionOffset>();
        foreach (var partition in partitions)
        {
            var position = _stored.GetValueOrDefault(partition);
            if (held.Contains(partition))
            {
                _progress[partition] = new(position!, verified: false);
                offsets.Add(new(partition, position!.NextOffset - 1));
                continue;
            }

            // A partition that never had a record proves nothing itself; a sibling that still holds its place does.
            if (position is not { NextOffset: 0, AskAfter: null } || !held.Any(p => p.Topic == partition.Topic))
            {
                position = Restart(partition, position);
                restarts.Add(position);
            }

            _progress[partition] = FromBeginning(position);
            offsets.Add(new(partition, Offset.Beginning));
        }

        if (restarts.Count > 0) Wait(() => sink.SavePositions(restarts, ct), ct);
        republisher.Ask(_progress.Values.Select(p => p.Position));
        return offsets;
    }

    public void Revoke() => _progress.Clear();

    public bool Owns(ReceivedEvent received) => _progress.ContainsKey(new(received.Topic, received.Partition));

    /// <summary>False for the record that only proves the place, and for one that shows the place is gone.</summary>
    public bool Admit(IConsumer<string, byte[]> consumer, ReceivedEvent received, CancellationToken ct)
    {
        var partition = new TopicPartition(received.Topic, received.Partition);
        if (!_progress.TryGetValue(partition, out var progress)) return false;
        // A restart begins wherever the log begins; from then on offsets have no holes.
        var isProof = !progress.Verified;
        if (received.Offset != (progress.Expected ?? received.Offset) || (isProof && received.Id != progress.Position.LastId))
        {
            Lost(consumer, partition, ct);
            return false;
        }

        (progress.Verified, progress.Expected) = (true, received.Offset + 1);
        if (isProof && received.Sequence > progress.Position.LastSequence) progress.Gap = progress.Position.LastSequence;
        return !isProof;
    }

    /// <summary>
    /// The connection broke, so whoever answers now may hold another log, one that has already grown past the place reached: every partition proves its place once more, from
    /// what is committed on.
    /// </summary>
    public void Doubt(IConsumer<string, byte[]> consumer)
    {
        foreach (var (partition, progress) in _progress.ToList())
        {
            var next = progress.Position.NextOffset;
            _progress[partition] = new(progress.Position, verified: next == 0) { Gap = progress.Gap };
            consumer.Seek(new(partition, next == 0 ? Offset.Beginning : next - 1));
        }
    }

    public void Lost(IConsumer<string, byte[]> consumer, TopicPartition partition, CancellationToken ct)
    {
        Load([partition.Topic], ct);
        var position = Restart(partition, _stored.GetValueOrDefault(partition));
        Wait(() => sink.SavePositions([position], ct), ct);
        _progress[partition] = FromBeginning(position);
        consumer.Seek(new(partition, Offset.Beginning));
        republisher.Ask([position]);
    }

    /// <summary>
    /// The positions to store in the transaction that handles these events. After a restart the sequence stays where it was until a record at or before it comes again: what
    /// stands in the log before that has a gap behind it, and should the log be lost once more, the gap has to be asked for once more.
    /// </summary>
    public IReadOnlyCollection<ConsumerPosition> PositionsAfter(IReadOnlyCollection<ReceivedEvent> batch) =>
        [.. batch.GroupBy(e => new TopicPartition(e.Topic, e.Partition)).Select(read => (Last: read.Last(), Gap: Gap(read))).Select(read => new ConsumerPosition
        {
            Topic = read.Last.Topic, Partition = read.Last.Partition, NextOffset = read.Last.Offset + 1, LastId = read.Last.Id, LastSequence = read.Gap ?? read.Last.Sequence,
        })];

    /// <summary>The batch is committed.</summary>
    public IEnumerable<TopicPartitionOffset> Advance(IReadOnlyCollection<ReceivedEvent> batch)
    {
        var positions = PositionsAfter(batch);
        foreach (var read in batch.GroupBy(e => new TopicPartition(e.Topic, e.Partition)))
        {
            if (!_progress.TryGetValue(read.Key, out var progress)) continue;
            progress.Position = positions.Single(p => p.Topic == read.Key.Topic && p.Partition == read.Key.Partition);
            progress.Gap = Gap(read);
            yield return new(read.Key, progress.Position.NextOffset);
        }
    }

    long? Gap(IGrouping<TopicPartition, ReceivedEvent> read) =>
        _progress.TryGetValue(read.Key, out var progress) && progress.Gap is { } sequence && !read.Any(e => e.Sequence > 0 && e.Sequence <= sequence) ? sequence : null;

    void Load(IReadOnlyCollection<string> topics, CancellationToken ct) =>
        _stored = sink.Insist(() => sink.LoadPositions(topics, ct), logger, ct).GetAwaiter().GetResult().ToDictionary(p => new TopicPartition(p.Topic, p.Partition));

    ConsumerPosition Restart(TopicPartition partition, ConsumerPosition? known)
    {
        // Where a sibling never had a record, its lost ones may be of any age.
        var unread = known is null || _stored.Values.Any(p => p.Topic == partition.Topic && p is { NextOffset: 0, LastSequence: 0 });
        var after = unread ? 0 : Math.Max(0, Math.Min(known!.LastSequence - options.RepublishMargin, known.AskAfter ?? long.MaxValue));
        Log.Restart(logger, options.Group, partition.Topic, partition.Partition.Value, after);
        return new() { Topic = partition.Topic, Partition = partition.Partition, LastSequence = known?.LastSequence ?? 0, AskAfter = after };
    }

    /// <summary>A broker that does not answer now counts as holding the record: the record itself will tell.</summary>
    bool Holds(IConsumer<string, byte[]> consumer, TopicPartition partition, long offset)
    {
        try
        {
            var marks = consumer.QueryWatermarkOffsets(partition, BrokerPatience);
            return marks.Low <= offset && offset < marks.High;
        }
        catch (KafkaException e)
        {
            Log.NoWatermarks(logger, options.Group, partition.Topic, partition.Partition.Value, e.Error.Reason);
            return true;
        }
    }

    /// <summary>A rebalance callback has no way to fail or to await: it waits for the store.</summary>
    void Wait(Func<Task> work, CancellationToken ct) => sink.Insist(work, logger, ct).GetAwaiter().GetResult();

    static Progress FromBeginning(ConsumerPosition position) => new(position, verified: true) { Gap = position.LastSequence > 0 ? position.LastSequence : null };

    /// <param name="position">The last one stored.</param>
    /// <param name="verified">False until the record before it has proved that the log is still the same.</param>
    sealed class Progress(ConsumerPosition position, bool verified)
    {
        public ConsumerPosition Position { get; set; } = position;
        public bool Verified { get; set; } = verified;
        public long? Expected { get; set; } = verified ? null : position.NextOffset - 1;
        public long? Gap { get; set; }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Group} reads {Topic}[{Partition}] from its beginning and asks for everything behind sequence {After}")]
        public static partial void Restart(ILogger logger, string group, string topic, int partition, long after);

        [LoggerMessage(LogLevel.Warning, "{Group}: the ends of {Topic}[{Partition}] are not known yet: {Reason}")]
        public static partial void NoWatermarks(ILogger logger, string group, string topic, int partition, string reason);
    }
}
