namespace CarShare.Messaging;

/// <summary>
/// Publishing as part of the transaction that makes the fact true (transactional outbox, Chris Richardson).
/// </summary>
public static class Outbox
{
    /// <summary>
    /// Adds the event to this context; it is stored by the same <c>SaveChanges</c> as the effect and sent by the
    /// <see cref="Relay"/> at least once, in this order per key. The aggregate's row must be locked or version-checked
    /// before, so that sequences of one key are in commit order.
    /// </summary>
    public static void Publish<TEvent>(this DbContext db, TEvent fact)
        where TEvent : class, IEvent => db.Add(Message(fact));

    /// <summary>
    /// The same for what is done once per order: effect and event in one round trip and one commit
    /// (<see cref="Statement"/>). <paramref name="effect"/> ends with a list of common table expressions, the last of
    /// them called <c>done</c>: one row if the fact became true, else none. It must hold the lock on the aggregate's
    /// row by then. Within a transaction of one's own, a conflict leaves that one broken.
    /// </summary>
    /// <returns>True if it became true. False if not, or if the statement lost against another transaction: then no
    /// event is stored.</returns>
    public static async Task<bool> PublishWith<TEvent>(
        this DbContext db, TEvent fact, FormattableString effect, CancellationToken ct)
        where TEvent : class, IEvent
    {
        var (m, n) = (Message(fact), effect.ArgumentCount);
        var holes = string.Join(", ", Enumerable.Range(n, 7).Select(i => $"{{{i}}}"));
        var statement = FormattableStringFactory.Create(
            $"""
            {effect.Format}
            INSERT INTO outbox (id, type, topic, key, payload, trace_parent, occurred_at, attempt)
            SELECT {holes}, 0 FROM done RETURNING sequence
            """,
            [.. effect.GetArguments(), m.Id, m.Type, m.Topic, m.Key, m.Payload, m.TraceParent, m.OccurredAt]);
        try
        {
            if ((await db.Read(statement, row => row.GetInt64(0), ct)).Count == 0) return false;
            db.GetService<RelaySignal>().Wake(fact);
            return true;
        }
        catch (Exception e) when (Faults.Of(e) == Fault.Conflict)
        {
            return false;
        }
    }

    static OutboxMessage Message<TEvent>(TEvent fact)
        where TEvent : class, IEvent => new()
        {
            Id = Guid.CreateVersion7(),
            Type = TEvent.Type,
            Topic = TEvent.Topic,
            Key = fact.Key,
            Payload = JsonSerializer.Serialize(fact, EventJson.Options),
            TraceParent = Activity.Current?.Id,
            OccurredAt = fact.OccurredAt.ToUniversalTime(),
            Fact = fact,
        };
}
