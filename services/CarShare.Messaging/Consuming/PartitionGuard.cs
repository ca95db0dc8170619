using Confluent.Kafka;
using Microsoft.Extensions.Logging;

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
                _progress[partition] = new(position!, Verified: false);
                offsets.Add(new(partition, position!.NextOffset - 1));
                continue;
            }

            // A partition that never had a record proves nothing itself; a sibling that still holds its place does.
            if (position is not { NextOffset: 0, AskAfter: null } || !held.Any(p => p.Topic == partition.Topic))
            {
                position = Restart(partition, position);
                restarts.Add(position);
            }

            _progress[partition] = new(position, Verified: true);
            offsets.Add(new(partition, Offset.Beginning));
        }

        if (restarts.Count > 0) Insist(async () => { await sink.SavePositions(restarts, ct); return true; }, ct);
        republisher.Ask(_progress.Values.Select(p => p.Position));
        return offsets;
    }

    public void Revoke() => _progress.Clear();

    /// <summary>False for the record that only proves the place, and for one that shows the place is gone.</summary>
    public bool Admit(IConsumer<string, byte[]> consumer, ReceivedEvent received, CancellationToken ct)
    {
        var partition = new TopicPartition(received.Topic, received.Partition);
        if (!_progress.TryGetValue(partition, out var progress)) return false;
        if (progress.Verified)
        {
            // A restart begins wherever the log begins; from then on offsets have no holes.
            if (progress.Expected is { } expected && received.Offset != expected)
            {
                Lost(consumer, partition, ct);
                return false;
            }

            progress.Expected = received.Offset + 1;
            return true;
        }

        if (received.Offset != progress.Position.NextOffset - 1 || received.Id != progress.Position.LastId)
        {
            Lost(consumer, partition, ct);
            return false;
        }

        _progress[partition] = new(progress.Position, Verified: true) { Expected = received.Offset + 1 };
        return false;
    }

    public void Lost(IConsumer<string, byte[]> consumer, TopicPartition partition, CancellationToken ct)
    {
        Load([partition.Topic], ct);
        var position = Restart(partition, _stored.GetValueOrDefault(partition));
        Insist(async () => { await sink.SavePositions([position], ct); return true; }, ct);
        _progress[partition] = new(position, Verified: true);
        consumer.Seek(new(partition, Offset.Beginning));
        republisher.Ask([position]);
    }

    /// <summary>The positions to store in the transaction that handles these events.</summary>
    public IReadOnlyCollection<ConsumerPosition> PositionsAfter(IReadOnlyCollection<ReceivedEvent> batch) =>
        [.. batch.GroupBy(e => (e.Topic, e.Partition)).Select(group => group.Last()).Select(last => new ConsumerPosition
        {
            Topic = last.Topic, Partition = last.Partition, NextOffset = last.Offset + 1, LastId = last.Id, LastSequence = last.Sequence,
        })];

    /// <summary>The batch is committed.</summary>
    public IEnumerable<TopicPartitionOffset> Advance(IReadOnlyCollection<ReceivedEvent> batch)
    {
        foreach (var position in PositionsAfter(batch))
        {
            var partition = new TopicPartition(position.Topic, position.Partition);
            if (!_progress.TryGetValue(partition, out var progress)) continue;
            _progress[partition] = new(position, Verified: true) { Expected = progress.Expected };
            yield return new(partition, position.NextOffset);
        }
    }

    void Load(IReadOnlyCollection<string> topics, CancellationToken ct) =>
        _stored = Insist(() => sink.LoadPositions(topics, ct), ct).ToDictionary(p => new TopicPartition(p.Topic, p.Partition));

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

    /// <summary>A rebalance callback has no way to fail: it waits for the store.</summary>
    T Insist<T>(Func<Task<T>> work, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return work().GetAwaiter().GetResult();
            }
            catch (Exception e) when (sink.IsUnavailable(e) || sink.IsConflict(e))
            {
                Log.StoreAway(logger, options.Group, e);
                ct.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
                ct.ThrowIfCancellationRequested();
            }
        }
    }

    sealed record Progress(ConsumerPosition Position, bool Verified)
    {
        public long? Expected { get; set; }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Group} reads {Topic}[{Partition}] from its beginning and asks for everything behind sequence {After}")]
        public static partial void Restart(ILogger logger, string group, string topic, int partition, long after);

        [LoggerMessage(LogLevel.Warning, "{Group}: the ends of {Topic}[{Partition}] are not known yet: {Reason}")]
        public static partial void NoWatermarks(ILogger logger, string group, string topic, int partition, string reason);

        [LoggerMessage(LogLevel.Warning, "The positions of {Group} can't be read or written yet")]
        public static partial void StoreAway(ILogger logger, string group, Exception error);
    }
}
