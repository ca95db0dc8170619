namespace CarShare.Messaging;

/// <summary>One partition this replica has been given.</summary>
sealed class Reading(TopicPartition partition, ConsumerPosition position)
{
    // More than a try may take, behind those of other partitions.
    static readonly TimeSpan OneTry = TimeSpan.FromSeconds(30);

    public TopicPartition Partition => partition;
    public string Topic => partition.Topic;
    public int Number => partition.Partition;

    /// <summary>The last one stored.</summary>
    public ConsumerPosition Position { get; set; } = position;

    /// <summary>The place in the log is known: its records are events to handle.</summary>
    public bool IsLive { get; set; }

    /// <summary>The connection broke while the place was being found.</summary>
    public volatile bool MustProveAgain;

    /// <summary>Finding the place; the partition is paused meanwhile.</summary>
    public Task<PlaceState>? Settling { get; set; }

    /// <summary>The client brings nothing of it for now.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Failed attempts of the event that comes next, and when it is tried again.</summary>
    public int Attempts { get; set; }
    public long? HeldUntil { get; set; }

    /// <summary>When the client was sent to a place of it last.</summary>
    public long AskedAt { get; set; }

    /// <summary>
    /// Sequence of the record read last from this log, and of the one handled last; 0 if none was, null if it named
    /// none.
    /// </summary>
    public long? Last { get; set; } = 0;
    public long? Handled { get; set; } = 0;

    /// <summary>Where the client is to read: to look at the proof first, or at the next record.</summary>
    public TopicPartitionOffset Start =>
        new(partition, IsLive || Position.LastId is null ? Position.NextOffset : Math.Max(0, Position.NextOffset - 1));

    /// <summary>The log has been read up to here, though no record may stand before it (holes).</summary>
    public long Reached { get; set; }

    /// <summary>How far it had come when the watch saw it move last, or at the log's end.</summary>
    public (long Reached, long Since) Seen { get; set; } = (-1, 0);

    /// <summary>
    /// It stands for another reason than the client: it is caught up, rests, or its event is tried once more. That one
    /// ends too: a client that brings nothing any more must not be excused for ever by an event that failed before.
    /// </summary>
    public bool IsExcused(TimeProvider clock) =>
        this is { Settling: not null } or { HeldUntil: not null }
        || (Attempts > 0 && clock.GetElapsedTime(AskedAt) < OneTry);
}
