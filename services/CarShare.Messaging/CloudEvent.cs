namespace CarShare.Messaging;

/// <summary>A record as it came from the broker: CloudEvents 1.0, Kafka binary binding.</summary>
/// <param name="Id">CloudEvents id; for a record without one, a value derived from where it stands.</param>
/// <param name="Type">CloudEvents type, empty for a record without one.</param>
/// <param name="Sequence">The publisher's outbox sequence.</param>
/// <param name="OccurredAt">CloudEvents time (UTC).</param>
/// <param name="Topic">Kafka topic.</param>
/// <param name="Partition">Partition number.</param>
/// <param name="Offset">Offset in the partition.</param>
/// <param name="Key">Partition key.</param>
/// <param name="Payload">The value, UTF-8 JSON.</param>
/// <param name="TraceParent">W3C trace context.</param>
public sealed record ReceivedEvent(
    Guid Id, string Type, long Sequence, DateTimeOffset OccurredAt, string Topic, int Partition, long Offset, string Key, byte[] Payload, string? TraceParent)
{
    internal static ReceivedEvent From(ConsumeResult<string, byte[]> record)
    {
        var headers = record.Message.Headers;
        return new(
            Guid.TryParse(Header("ce_id"), out var id) ? id : IdOf(record.TopicPartitionOffset),
            Header("ce_type") ?? "",
            long.TryParse(Header("ce_sequence"), CultureInfo.InvariantCulture, out var sequence) ? sequence : 0,
            DateTimeOffset.TryParse(Header("ce_time"), CultureInfo.InvariantCulture, out var time) ? time : record.Message.Timestamp.UtcDateTime,
            record.Topic, record.Partition, record.Offset, record.Message.Key ?? "", record.Message.Value ?? [], Header("traceparent"));

        string? Header(string name) => headers is not null && headers.TryGetLastBytes(name, out var bytes) ? Encoding.UTF8.GetString(bytes) : null;
    }

    static Guid IdOf(TopicPartitionOffset place) => new(SHA256.HashData(Encoding.UTF8.GetBytes(place.ToString())).AsSpan(0, 16));
}

static class CloudEvent
{
    public static Message<string, string> ToRecord(OutboxMessage stored, string source)
    {
        var headers = new Headers();
        Add("ce_specversion", "1.0");
        Add("ce_id", stored.Id.ToString());
        Add("ce_type", stored.Type);
        Add("ce_source", source);
        Add("ce_time", stored.OccurredAt.ToString("O", CultureInfo.InvariantCulture));
        Add("ce_sequence", stored.Sequence.ToString(CultureInfo.InvariantCulture));
        Add("ce_subject", stored.Key);
        Add("ce_correlationid", stored.Key);
        Add("content-type", "application/json");
        if (stored.TraceParent is { } trace) Add("traceparent", trace);
        return new() { Key = stored.Key, Value = stored.Payload, Headers = headers };

        void Add(string name, string value) => headers.Add(name, Encoding.UTF8.GetBytes(value));
    }
}
