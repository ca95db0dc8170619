using System.Collections.Concurrent;

namespace CarShare.Messaging;

/// <summary>The partitions of this replica: from being assigned, over finding the place, to being read.</summary>
sealed class Readings(
    ConsumerOptions options, IEventSink sink, CatchUp catchUp, Supervisor supervisor, MessagingMetrics metrics,
    TimeProvider clock)
{
    static readonly TimeSpan BrokerPatience = TimeSpan.FromSeconds(3);

    readonly ConcurrentDictionary<TopicPartition, Reading> _all = new();
    CancellationTokenSource _stop = new();
    int _resumed;

    /// <summary>False until the group has given this replica its share, which may be nothing.</summary>
    public bool IsAssigned { get; private set; }

    /// <summary>Grows with every change of the share.</summary>
    public int Generation { get; private set; }

    public ICollection<Reading> All => _all.Values;

    public Reading? Find(ReceivedEvent received) => _all.GetValueOrDefault(new(received.Topic, received.Partition));

    public IEnumerable<TopicPartitionOffset> Assign(
        IConsumer<string, byte[]> consumer, List<TopicPartition> partitions, CancellationToken ct)
    {
        Revoke();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var stored = supervisor.Retry(
            $"{options.Group}: its positions", () => sink.LoadPositions(options.Topics, ct),
            ct).GetAwaiter().GetResult()
            .ToDictionary(p => new TopicPartition(p.Topic, p.Partition));
        foreach (var partition in partitions)
        {
            var position = stored.GetValueOrDefault(partition)
                ?? new() { Topic = partition.Topic, Partition = partition.Partition };
            var reading = _all[partition] = new(partition, position);
            if (Place.Judge(position, null, null) != PlaceState.Unproved) Settle(consumer, reading, null);
        }

        IsAssigned = true;
        // An offset of ours, never the end: to ask the broker for that could answer after the place was found, and skip
        // what came between.
        return [.. partitions.Select(p => _all[p].Start)];
    }

    /// <summary>Gives everything back; what is being caught up stops behind its present transaction.</summary>
    public void Revoke()
    {
        _stop.Cancel();
        Task.WhenAll(_all.Values.Select(r => r.Settling ?? Task.CompletedTask))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        _stop.Dispose();
        _stop = new();
        _all.Clear();
        metrics.CatchingUp = 0;
        IsAssigned = false;
        Generation++;
    }

    /// <summary>
    /// False for a record that only proves the place, that shows that it is gone, or that is to come again later.
    /// </summary>
    public bool Admit(IConsumer<string, byte[]> consumer, ReceivedEvent received)
    {
        if (Find(received) is not { Settling: null, IsPaused: false } reading) return false;
        // What was on its way before the client was sent elsewhere comes again.
        if (reading.IsLive && received.Offset < reading.Position.NextOffset) return false;
        if (!reading.IsLive) Prove(consumer, reading, new(received.Offset, received.Id));
        else if (!Place.Follows(received, reading.Last, reading.Position.LastSequence))
            Settle(consumer, reading, null, isGap: true);
        var isNext = reading.IsLive && received.Offset >= reading.Position.NextOffset;
        if (reading.IsLive) reading.Last = received.Sequence > 0 ? received.Sequence : null;
        if (!isNext) reading.Handled = reading.Last;
        return isNext;
    }

    /// <summary>The log of this partition ends here for now.</summary>
    public void End(IConsumer<string, byte[]> consumer, TopicPartitionOffset end)
    {
        if (!_all.TryGetValue(end.TopicPartition, out var reading)) return;
        reading.Reached = end.Offset;
        if (reading is { IsLive: false, Settling: null }) Prove(consumer, reading, new(null, default));
    }

    /// <summary>What was asked for is not in the log.</summary>
    public void OutOfRange(IConsumer<string, byte[]> consumer, TopicPartition partition)
    {
        if (_all.TryGetValue(partition, out var reading) && reading.Settling is null) Settle(consumer, reading, null);
    }

    /// <summary>
    /// The connection broke, so whoever answers now may hold another log, one that has already grown past the place
    /// reached: every partition proves its place once more, from what is committed on.
    /// </summary>
    public void ProveAgain(IConsumer<string, byte[]> consumer)
    {
        foreach (var reading in All)
        {
            reading.MustProveAgain = true;
            if (reading.Settling is null && reading.HeldUntil is null) Resume(consumer, reading, isLive: false);
        }
    }

    /// <summary>Takes up what has found its place or has rested long enough. Throws what ended a catch-up.</summary>
    public void Tend(IConsumer<string, byte[]> consumer)
    {
        if (_resumed != Generation)
        {
            // The client keeps a partition paused that is taken away and given back: what this share does not pause
            // would wait for ever.
            consumer.Resume(_all.Keys);
            _resumed = Generation;
        }

        foreach (var reading in All)
        {
            if (reading.Settling is { IsCompleted: true } settled)
            {
                reading.Settling = null;
                Resume(consumer, reading, isLive: settled.GetAwaiter().GetResult() != PlaceState.Unproved);
            }
            else if (reading.Settling is not null && !reading.IsPaused)
            {
                Pause(consumer, reading);
            }
            else if (reading.HeldUntil <= clock.GetTimestamp())
            {
                reading.HeldUntil = null;
                Resume(consumer, reading, isLive: reading is { IsLive: true, MustProveAgain: false });
            }
        }

        metrics.CatchingUp = All.Count(r => r.Settling is not null);
    }

    /// <summary>
    /// The next event of this partition failed: it is read again after a rest, the other partitions go on.
    /// </summary>
    public void Hold(IConsumer<string, byte[]> consumer, Reading reading)
    {
        reading.HeldUntil = clock.GetTimestamp() + (long)(
            Handling.Rest(++reading.Attempts).TotalSeconds * clock.TimestampFrequency);
        Pause(consumer, reading);
    }

    void Prove(IConsumer<string, byte[]> consumer, Reading reading, FirstRecord first)
    {
        if (Place.Judge(reading.Position, first, null) == PlaceState.Held)
            (reading.IsLive, reading.MustProveAgain) = (true, false);
        else Settle(consumer, reading, first);
    }

    void Settle(IConsumer<string, byte[]> consumer, Reading reading, FirstRecord? first, bool isGap = false)
    {
        (reading.IsLive, reading.Last, reading.Handled) = (false, 0, 0);
        var ct = _stop.Token;
        reading.Settling = Task.Run(
            () => catchUp.Settle(reading, first, isGap, () => Ends(consumer, reading.Partition), ct),
            CancellationToken.None);
    }

    void Resume(IConsumer<string, byte[]> consumer, Reading reading, bool isLive)
    {
        (reading.IsLive, reading.Reached, reading.Last) = (isLive, 0, reading.Handled);
        reading.AskedAt = clock.GetTimestamp();
        if (!isLive && Place.Judge(reading.Position, null, null) != PlaceState.Unproved)
        {
            Settle(consumer, reading, null);
            return;
        }

        if (reading.IsPaused) consumer.Resume([reading.Partition]);
        reading.IsPaused = false;
        try
        {
            consumer.Seek(reading.Start);
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State)
        {
            // The client gave it up when what it asked for was not in the log; only an assignment takes it up again.
            consumer.Assign(All.Select(r => r.Start));
            consumer.Pause(All.Where(r => r.IsPaused).Select(r => r.Partition));
        }
    }

    static void Pause(IConsumer<string, byte[]> consumer, Reading reading)
    {
        reading.IsPaused = true;
        consumer.Pause([reading.Partition]);
    }

    static Ends Ends(IConsumer<string, byte[]> consumer, TopicPartition partition)
    {
        var marks = consumer.QueryWatermarkOffsets(partition, BrokerPatience);
        return new(marks.Low, marks.High);
    }
}
