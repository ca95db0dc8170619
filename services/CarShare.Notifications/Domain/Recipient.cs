namespace CarShare.Notifications.Domain;

/// <summary>Where a customer wants their mail, as they said with their latest order.</summary>
public sealed class Recipient
{
    public required string CustomerId { get; init; }

    public required string Email { get; init; }

    /// <summary>Of the event that told it; the highest is the latest.</summary>
    public long Sequence { get; init; }
}
