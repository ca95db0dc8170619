namespace CarShare.Messaging;

/// <summary>An event waiting for, or kept after, its way to the broker (transactional outbox).</summary>
public sealed class OutboxMessage
{
    /// <summary>Order of writing within the service; travels as <c>ce_sequence</c>.</summary>
    public long Sequence { get; init; }

    /// <summary>CloudEvents id, UUIDv7.</summary>
    public Guid Id { get; init; }

    /// <summary>CloudEvents type.</summary>
    public required string Type { get; init; }

    /// <summary>Kafka topic.</summary>
    public required string Topic { get; init; }

    /// <summary>Partition key, subject and correlation id.</summary>
    public required string Key { get; init; }

    /// <summary>The event as JSON.</summary>
    public required string Payload { get; init; }

    /// <summary>W3C trace context of the request or event that caused it.</summary>
    public string? TraceParent { get; init; }

    /// <summary>When the fact occurred (UTC).</summary>
    public DateTimeOffset OccurredAt { get; init; }

    /// <summary>When the broker acknowledged it (UTC); null while unsent.</summary>
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>What is stored as <see cref="Payload"/>, while it is new. Not stored itself.</summary>
    internal object? Fact { get; init; }
}

/// <summary>Id of an event whose effect is committed (idempotent receiver).</summary>
public sealed class InboxMessage
{
    /// <summary>CloudEvents id.</summary>
    public Guid Id { get; init; }

    /// <summary>When the effect was committed (UTC).</summary>
    public DateTimeOffset HandledAt { get; init; }
}

/// <summary>
/// An event whose handling kept failing, with everything needed to handle it later (dead letter channel).
/// </summary>
public sealed class DeadLetter
{
    /// <summary>CloudEvents id.</summary>
    public Guid Id { get; init; }

    /// <summary>CloudEvents type.</summary>
    public required string Type { get; init; }

    /// <summary>Topic it came from.</summary>
    public required string Topic { get; init; }

    /// <summary>Partition it came from.</summary>
    public int Partition { get; init; }

    /// <summary>Offset it came from.</summary>
    public long Offset { get; init; }

    /// <summary>Record key.</summary>
    public required string Key { get; init; }

    /// <summary><c>ce_sequence</c> of the record.</summary>
    public long Sequence { get; init; }

    /// <summary>The record's value, byte for byte.</summary>
    public required byte[] Payload { get; init; }

    /// <summary>W3C trace context of the record.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The last exception.</summary>
    public required string Error { get; init; }

    /// <summary>When it was parked (UTC).</summary>
    public DateTimeOffset ParkedAt { get; init; }

    /// <summary>When a redrive completed it (UTC); null while parked.</summary>
    public DateTimeOffset? RedrivenAt { get; init; }

    /// <summary>The event to handle again.</summary>
    public ReceivedEvent Received() =>
        new(Id, Type, Sequence, ParkedAt, Topic, Partition, Offset, Key, Payload, TraceParent);

    /// <summary>Text that any store takes: no NUL, no half of a character, at most 8,000 characters.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Storable(string? text)
    {
        if (text is null) return null;
        var start = text.Length > Longest ? text[..Longest] : text;
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(start)).Replace('\0', '\uFFFD');
    }

    const int Longest = 8_000;
}

/// <summary>How far a service has come in one partition, stored in the transaction of the effects.</summary>
public sealed record ConsumerPosition
{
    /// <summary>Kafka topic.</summary>
    public required string Topic { get; init; }

    /// <summary>Partition number.</summary>
    public int Partition { get; init; }

    /// <summary>Offset of the next record to handle.</summary>
    public long NextOffset { get; init; }

    /// <summary>
    /// CloudEvents id of the record before <see cref="NextOffset"/>; proves that the log is still the same one. Null
    /// where none of this log was read yet: the outbox was, up to <see cref="LastSequence"/>.
    /// </summary>
    public Guid? LastId { get; init; }

    /// <summary>
    /// <c>ce_sequence</c> up to which every event of the partition has been handled: from here the publisher's outbox
    /// tells the rest.
    /// </summary>
    public long LastSequence { get; init; }
}
