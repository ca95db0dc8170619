namespace CarShare.Contracts;

/// <summary>
/// A fact published by one service. <see cref="Type"/> never changes its meaning; a new shape gets a new version
/// suffix.
/// </summary>
public interface IEvent
{
    /// <summary>CloudEvents type, such as <c>carshare.order.placed.v1</c>.</summary>
    static abstract string Type { get; }

    /// <summary>One topic per bounded context, see <see cref="Topics"/>.</summary>
    static abstract string Topic { get; }

    /// <summary>
    /// Partition key, subject and correlation id: the order id, or the product or customer id for events that belong to
    /// no order.
    /// </summary>
    string Key { get; }

    DateTimeOffset OccurredAt { get; }
}
