namespace CarShare.Messaging;

/// <summary>Where consumed events take effect. The position is stored atomically with the effects, so a broker that forgets cannot make the service forget.</summary>
public interface IEventSink
{
    /// <summary>All positions stored for the given topics; none for a partition never seen.</summary>
    Task<IReadOnlyList<ConsumerPosition>> LoadPositions(IReadOnlyCollection<string> topics, CancellationToken ct);

    /// <summary>Stores positions outside an effect, what is owed (<see cref="ConsumerPosition.AskAfter"/>) included: a restart at the beginning of a partition.</summary>
    Task SavePositions(IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct);

    /// <summary>The publisher agreed to send again: clears <see cref="ConsumerPosition.AskAfter"/> of these partitions where it is not below the value answered.</summary>
    Task Answered(IReadOnlyCollection<ConsumerPosition> asks, CancellationToken ct);

    /// <summary>
    /// Atomically: skips what was handled before, applies the rest in order, stores <paramref name="positions"/> (leaving what is owed as it is). Throws without any effect if one event can't be handled.
    /// </summary>
    /// <returns>The number of events that were new.</returns>
    /// <exception cref="PositionLostException">The store no longer has the position these events follow.</exception>
    Task<int> Handle(IReadOnlyList<ReceivedEvent> batch, IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct);

    /// <summary>
    /// True while the store still has these positions, or later ones. Asked about once a second, so that a store that forgot is noticed without an event; false makes the
    /// consumer start over from what is stored. A store that can't forget needs no answer of its own.
    /// </summary>
    Task<bool> Holds(IReadOnlyCollection<(string Topic, int Partition, long NextOffset)> positions, CancellationToken ct) => Task.FromResult(true);

    /// <summary>Atomically stores the event as a dead letter and its position.</summary>
    Task Park(ReceivedEvent letter, Exception error, ConsumerPosition position, CancellationToken ct);

    /// <summary>True when the store cannot be reached: the event is not at fault and is tried again for ever.</summary>
    bool IsUnavailable(Exception error);

    /// <summary>True when the attempt only lost a race and is simply tried again.</summary>
    bool IsConflict(Exception error);
}

/// <summary>The store lost a position while its partition was being read (flushed, restored from a backup, forgotten on purpose): the consumer starts over from what is stored now.</summary>
public sealed class PositionLostException(string message) : Exception(message);
