namespace CarShare.Messaging;

/// <summary>
/// An event as it came: CloudEvents 1.0, from the broker (Kafka binary binding) or from its publisher's outbox.
/// </summary>
/// <param name="Id">CloudEvents id; for a record without one, a value derived from where it stands and what it
/// says.</param>
/// <param name="Type">CloudEvents type, empty for a record without one.</param>
/// <param name="Sequence">The publisher's outbox sequence.</param>
/// <param name="OccurredAt">CloudEvents time (UTC).</param>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Partition number.</param>
/// <param name="Offset">Offset in the partition; of an event from the outbox, where the log is joined
/// afterwards.</param>
/// <param name="Key">Partition key.</param>
/// <param name="Payload">The value, UTF-8 JSON.</param>
/// <param name="TraceParent">W3C trace context.</param>
public sealed record ReceivedEvent(
    Guid Id, string Type, long Sequence, DateTimeOffset OccurredAt, string Topic, int Partition, long Offset,
    string Key, byte[] Payload,
    string? TraceParent)
{
    /// <summary>
    /// The sequence up to which nothing of this partition comes behind this record; 0 where the publisher did not say.
    /// </summary>
    public long Complete { get; init; }

    /// <summary>
    /// The sequence of the record that the same producer sent to this partition just before; 0 if this was its first,
    /// null where the publisher did not say.
    /// </summary>
    public long? Previous { get; init; }

    /// <summary>Read from the outbox, not from the log: it proves no place in the log.</summary>
    public bool IsPulled { get; init; }

    /// <summary>The position once this event is handled, after <paramref name="known"/>.</summary>
    public ConsumerPosition Behind(ConsumerPosition? known) => new()
    {
        Topic = Topic,
        Partition = Partition,
        NextOffset = IsPulled ? Offset : Offset + 1,
        LastId = IsPulled ? null : Id,
        LastSequence = Math.Max(known?.LastSequence ?? 0, IsPulled ? Sequence : Complete),
    };

    internal static ReceivedEvent From(ConsumeResult<string, byte[]> record)
    {
        var (headers, value) = (record.Message.Headers, record.Message.Value ?? []);
        return new(
            Guid.TryParse(Header("ce_id"), out var id) ? id : IdOf(record.TopicPartitionOffset, value),
            Header("ce_type") ?? "",
            Number("ce_sequence") ?? 0,
            DateTimeOffset.TryParse(Header("ce_time"), CultureInfo.InvariantCulture, out var time)
            ? time : new(record.Message.Timestamp.UtcDateTime),
            record.Topic, record.Partition, record.Offset, record.Message.Key ?? "", value, Header("traceparent"))
        { Complete = Number(CloudEvent.CompleteHeader) ?? 0, Previous = Number(CloudEvent.PreviousHeader) };

        string? Header(string name) =>
            headers is not null && headers.TryGetLastBytes(name, out var bytes) && bytes is not null
            ? Encoding.UTF8.GetString(bytes) : null;

        long? Number(string name) =>
            long.TryParse(Header(name), CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    static Guid IdOf(TopicPartitionOffset place, byte[] value) =>
        new(SHA256.HashData([.. Encoding.UTF8.GetBytes(place.ToString()), .. value]).AsSpan(0, 16));
}

/// <summary>What is asked of a batch.</summary>
public static class ReceivedEvents
{
    /// <summary>The orders that the keys name; a key that is no id names none.</summary>
    public static Guid[] OrderIds(this IEnumerable<ReceivedEvent> events) =>
        [.. events.Select(e => Guid.TryParse(e.Key, out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)
            .Distinct()];
}

static class CloudEvent
{
    public const string CompleteHeader = "ce_completesequence", PreviousHeader = "ce_previoussequence";

    /// <summary>The row as a CloudEvent in binary mode: the data is the value, all else are headers.</summary>
    /// <param name="stored">The row.</param>
    /// <param name="source">CloudEvents source.</param>
    /// <param name="complete">The sequence up to which nothing of the partition is sent behind this record.</param>
    /// <param name="previous">The sequence sent to the partition before; 0 if this producer sent none.</param>
    /// <param name="trace">W3C trace context to send; by default the row's.</param>
    public static Message<string, string> ToRecord(
        OutboxMessage stored, string source, long complete, long? previous = null, string? trace = null)
    {
        var headers = new Headers();
        Add("ce_specversion", "1.0");
        Add("ce_id", stored.Id.ToString());
        Add("ce_type", stored.Type);
        Add("ce_source", source);
        Add("ce_time", stored.OccurredAt.ToString("O", CultureInfo.InvariantCulture));
        Add("ce_sequence", stored.Sequence.ToString(CultureInfo.InvariantCulture));
        Add(CompleteHeader, complete.ToString(CultureInfo.InvariantCulture));
        if (previous is { } before) Add(PreviousHeader, before.ToString(CultureInfo.InvariantCulture));
        Add("ce_subject", stored.Key);
        Add("ce_correlationid", stored.Key);
        Add("content-type", "application/json");
        if ((trace ?? stored.TraceParent) is { } parent) Add("traceparent", parent);
        return new() { Key = stored.Key, Value = stored.Payload, Headers = headers };

        void Add(string name, string value) => headers.Add(name, Encoding.UTF8.GetBytes(value));
    }
}
