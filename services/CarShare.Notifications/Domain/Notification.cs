namespace CarShare.Notifications.Domain;

/// <summary>
/// What one customer is told about one change. Its id is the id of the change's event: a change heard of twice, even by
/// a store that was lost and rebuilt, is the same notification, and receivers recognise it.
/// </summary>
public sealed class Notification
{
    public required Guid NotificationId { get; init; }

    public required string CustomerId { get; init; }

    public Guid? OrderId { get; init; }

    /// <summary>Short name of the event, such as <c>order.placed</c>.</summary>
    public required string Kind { get; init; }

    public required string TextKo { get; init; }

    public required string TextEn { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public List<Dispatch> Channels { get; init; } = [];
}
