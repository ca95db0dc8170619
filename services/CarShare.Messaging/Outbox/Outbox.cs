namespace CarShare.Messaging;

/// <summary>Publishing as part of the transaction that makes the fact true (transactional outbox, Chris Richardson).</summary>
public static class Outbox
{
    /// <summary>
    /// Adds the event to this context; it is stored by the same <c>SaveChanges</c> as the effect and sent by the <see cref="Relay"/> at least once, in this order per key.
    /// The aggregate's row must be locked or version-checked before, so that sequences of one key are in commit order.
    /// </summary>
    public static void Publish<TEvent>(this DbContext db, TEvent fact)
        where TEvent : class, IEvent => db.Add(new OutboxMessage
        {
            Id = Guid.CreateVersion7(),
            Type = TEvent.Type,
            Topic = TEvent.Topic,
            Key = fact.Key,
            Payload = JsonSerializer.Serialize(fact, EventJson.Options),
            TraceParent = Activity.Current?.Id,
            OccurredAt = fact.OccurredAt.ToUniversalTime(),
        });
}
