namespace CarShare.Messaging;

/// <summary>An event as its publisher remembers it.</summary>
public sealed record PublishedEvent(
    long Sequence, Guid Id, string Type, string Key, string Payload, DateTimeOffset OccurredAt, string? TraceParent);

/// <summary>Events of one partition in sequence order.</summary>
/// <param name="Items">The events.</param>
/// <param name="Next">Where the next page begins: nothing of this partition lies between it and the last event
/// given.</param>
/// <param name="IsEnd">Everything committed before the question was asked has been given.</param>
public sealed record EventPage(IReadOnlyList<PublishedEvent> Items, long Next, bool IsEnd);

/// <summary>
/// The outbox behind a sequence: the outbox, not the broker, is what remembers. Reads only, below the horizon
/// (<see cref="Horizon"/>), so that a sequence once passed is passed for good.
/// </summary>
static class Feed
{
    // A broker that forgot makes every service ask for every partition at once: what customers wait for keeps its
    // connections.
    static readonly Bulkhead AtOnce = new(atOnce: 3, waiting: int.MaxValue, TimeSpan.FromMilliseconds(500));

    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/internal/events", Read).RequireInternal();

    static async Task<Results<Ok<EventPage>, RefusedHttpResult>> Read(
        string topic, int partition, long after, DbContext db, CancellationToken ct, int take = 500)
    {
        if (partition is < 0 or >= Topics.Partitions)
            throw new RequestRefusedException("partition", $"is not one of 0 to {Topics.Partitions - 1}");
        if (after < 0) throw new RequestRefusedException("after", "is below 0");
        if (take is < 1 or > 1_000) throw new RequestRefusedException("take", "is not between 1 and 1000");
        using var turn = await AtOnce.Enter(ct);
        if (turn is null) return Refusal.Unavailable("busy", "Enough others read events just now.").ToProblem();
        return TypedResults.Ok(await Page(topic, partition, after, db, take, ct));
    }

    static async Task<EventPage> Page(
        string topic, int partition, long after, DbContext db, int take, CancellationToken ct)
    {
        // A page looks at so many rows at most, whosever partition they are.
        var most = take * (Topics.Partitions + 1);
        await db.Database.OpenConnectionAsync(ct);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        var decided = await Horizon.Now(connection, ct);
        var rows = await connection.Read(
            $"""
            SELECT sequence, key FROM outbox WHERE topic = {topic} AND sequence > {after} AND sequence <= {decided}
            ORDER BY sequence LIMIT {most}
            """, row => (Sequence: row.GetInt64(0), Key: row.GetString(1)), ct);
        var mine = rows.Where(row => Partitioning.Of(row.Key) == partition).Select(row => row.Sequence).Take(take)
            .ToArray();
        var (isFull, isEnd) = (mine.Length == take, rows.Count < most);
        var next = isFull ? mine[^1] : isEnd ? Math.Max(after, decided) : rows[^1].Sequence;
        var items = mine.Length == 0 ? [] : await connection.Read(
            $"""
            SELECT sequence, id, type, key, payload, occurred_at, trace_parent FROM outbox
            WHERE sequence = ANY({mine}) ORDER BY sequence
            """,
            row => new PublishedEvent(
                row.GetInt64(0), row.GetGuid(1), row.GetString(2), row.GetString(3), row.GetString(4),
                row.GetFieldValue<DateTimeOffset>(5),
                row.IsDBNull(6) ? null : row.GetString(6)), ct);
        return new(items, next, isEnd && !isFull);
    }
}
