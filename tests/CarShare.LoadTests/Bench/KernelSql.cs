namespace CarShare.LoadTests.Bench;

/// <summary>The statements of outbox, inbox, relay and positions.</summary>
static class KernelSql
{
    public const string Unsent =
        """
        SELECT sequence, id, type, topic, key, payload, trace_parent, occurred_at FROM outbox WHERE sent_at IS NULL
            AND sequence > 0 ORDER BY sequence LIMIT 500
        """;

    public const string MarkSent =
        "UPDATE outbox SET sent_at = clock_timestamp() WHERE sequence = ANY($1) AND sent_at IS NULL";

    const string Noted =
        """
        WITH reached AS (
            INSERT INTO consumer_positions (topic, partition, next_offset, last_id, last_sequence) SELECT *
                FROM unnest($1, $2, $3, $4, $5)
            ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, last_id = excluded.last_id,
                last_sequence = excluded.last_sequence)
        INSERT INTO inbox (id, handled_at) SELECT id, now() FROM unnest($6) AS id ORDER BY id
            ON CONFLICT (id) DO NOTHING RETURNING id
        """;

    const string Outbox =
        """
        INSERT INTO outbox (attempt, id, key, occurred_at, payload, sent_at, topic, trace_parent, type)
            VALUES ($1, $2, $3, $4, $5, NULL, $6, $7, $8) RETURNING sequence
        """;

    // As long as the events of an order are.
    static readonly string Payload = new('x', 480), Trace = new('0', 55);

    public static (string, object[]) Publish(Guid order, string topic, string type) =>
        (Outbox, [0, Guid.CreateVersion7(), order.ToString(), DateTimeOffset.UtcNow, Payload, topic, Trace, type]);

    /// <summary>The event that a statement stores together with its effect, as the last of its values.</summary>
    public static object[] Event(Guid order, string topic, string type) =>
        [Guid.CreateVersion7(), type, topic, order.ToString(), Payload, Trace, DateTimeOffset.UtcNow];

    /// <summary>So many events are handled, and this is how far the topic has been read.</summary>
    public static Task Note(this Session session, int events, string topic, long offset, CancellationToken ct) =>
        session.Read<Guid>(
            Noted, ct, Partitions.Select(_ => topic).ToArray(), Partitions,
            Partitions.Select(_ => offset).ToArray(), Partitions.Select(_ => Guid.NewGuid()).ToArray(),
            Partitions.Select(_ => offset).ToArray(),
            Enumerable.Range(0, events).Select(_ => Guid.CreateVersion7()).ToArray());

    static readonly int[] Partitions = [0, 1, 2, 3, 4, 5];
}
