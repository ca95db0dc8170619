namespace CarShare.Messaging;

/// <summary>
/// How many events of a batch took effect now, and how many had before; the rest are of types that nobody handles.
/// </summary>
public readonly record struct HandledEvents(int Fresh, int Repeated);

/// <summary>
/// Where consumed events take effect. The position is stored atomically with the effects, so a broker that forgets
/// cannot make the service forget. Calls about different partitions come at the same time. What it throws is classified
/// by <see cref="Faults"/>.
/// </summary>
public interface IEventSink
{
    /// <summary>All positions stored for the given topics; none for a partition never seen.</summary>
    Task<IReadOnlyList<ConsumerPosition>> LoadPositions(IReadOnlyCollection<string> topics, CancellationToken ct);

    /// <summary>
    /// Stores a position outside an effect: where the log is joined after a catch-up, or how far the catch-up has come.
    /// </summary>
    Task SavePosition(ConsumerPosition position, CancellationToken ct);

    /// <summary>
    /// Atomically: skips what was handled before, applies the rest in order, stores <paramref name="positions"/>.
    /// Throws without any effect if one event can't be handled.
    /// </summary>
    /// <exception cref="PositionLostException">The store no longer has the position these events follow.</exception>
    Task<HandledEvents> Handle(
        IReadOnlyList<ReceivedEvent> batch, IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct);

    /// <summary>
    /// True while the store still has these positions, or later ones. Asked about once a second, so that a store that
    /// forgot is noticed without an event; false makes the consumer start over from what is stored. A store that can't
    /// forget needs no answer of its own.
    /// </summary>
    Task<bool> Holds(IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct) => Task.FromResult(true);

    /// <summary>
    /// Atomically stores the event as a dead letter and its position. Whatever the event holds, it can be stored.
    /// </summary>
    Task Park(ReceivedEvent letter, Exception error, ConsumerPosition position, CancellationToken ct);
}

/// <summary>
/// The store lost a position while its partition was being read (flushed, restored from a backup, forgotten on
/// purpose): the consumer starts over from what is stored now.
/// </summary>
public sealed class PositionLostException(string message) : Exception(message);
