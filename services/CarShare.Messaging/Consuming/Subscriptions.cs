namespace CarShare.Messaging;

/// <summary>
/// What a handler gets beside the event: the context of the running transaction and the services of its scope.
/// </summary>
/// <param name="Db">Save nothing yourself unless a later statement needs it; the batch saves and commits.</param>
/// <param name="Services">Scoped services.</param>
/// <param name="Received">The record the event came in.</param>
public sealed record EventContext<TDb>(TDb Db, IServiceProvider Services, ReceivedEvent Received)
    where TDb : DbContext;

/// <summary>The event types a service handles. Built once at start.</summary>
public sealed class Subscriptions<TDb>
    where TDb : DbContext
{
    readonly Dictionary<string, Func<EventContext<TDb>, CancellationToken, Task>> _handlers = [];

    internal HashSet<string> Topics { get; } = [];

    internal Func<TDb, IReadOnlyList<ReceivedEvent>, CancellationToken, Task>? Lock { get; private set; }

    /// <summary>
    /// Handles events of this type inside the transaction that also stores their ids, so each takes effect exactly
    /// once. Throwing rolls everything back. The handler must leave a repeated or overtaken event without effect by
    /// itself too (natural guard).
    /// </summary>
    public Subscriptions<TDb> On<TEvent>(Func<TEvent, EventContext<TDb>, CancellationToken, Task> handler)
        where TEvent : class, IEvent
    {
        Topics.Add(TEvent.Topic);
        _handlers.Add(TEvent.Type, (context, ct) => handler(
            JsonSerializer.Deserialize<TEvent>(context.Received.Payload, EventJson.Options)
            ?? throw new JsonException("The event is null."), context, ct));
        return this;
    }

    /// <summary>
    /// Runs before the handlers of a batch: the place to lock all rows of the batch in one order, so that batches and
    /// requests can't deadlock.
    /// </summary>
    public Subscriptions<TDb> LockFirst(Func<TDb, IReadOnlyList<ReceivedEvent>, CancellationToken, Task> locking)
    {
        Lock = locking;
        return this;
    }

    internal bool Knows(ReceivedEvent received) => _handlers.ContainsKey(received.Type);

    internal Task Handle(EventContext<TDb> context, CancellationToken ct) =>
        _handlers[context.Received.Type](context, ct);
}
