namespace CarShare.Stocks.Domain;

/// <summary>That an order held a car: history, never deleted. A car has at most one that is not released.</summary>
public sealed class Reservation
{
    public Guid OrderId { get; init; }
    public Guid VehicleId { get; init; }

    /// <summary>The order's revision this car came in with.</summary>
    public int Revision { get; init; }

    public DateTimeOffset ReservedAt { get; init; }
    public DateTimeOffset? ReleasedAt { get; set; }
}
