using CarShare.Contracts;

namespace CarShare.Deliveries.Domain;

/// <summary>
/// Bringing the cars of one order, and fetching them back. It exists from the first thing heard of the order: without a
/// status it only remembers what came early (a cancellation, other cars).
/// </summary>
public sealed class Delivery(Guid orderId)
{
    public Guid OrderId { get; private init; } = orderId;

    public Guid? DeliveryId { get; private set; }

    public string? CustomerId { get; private set; }

    public string? Address { get; private set; }

    /// <summary>Who brings the cars; known once they left.</summary>
    public string? Shipper { get; private set; }

    public IReadOnlyList<VehicleRef> Vehicles { get; private set; } = [];

    public int Revision { get; private set; }

    public DeliveryStatus? Status { get; private set; }

    public DateTimeOffset? ChangedAt { get; private set; }

    /// <summary>When the order was cancelled; nothing is prepared or brought afterwards.</summary>
    public DateTimeOffset? ClosedAt { get; private set; }

    /// <summary>
    /// Its cars are not where others could take them: from the departure until they are back or their rental is over.
    /// </summary>
    public bool IsUnderWay =>
        Status is DeliveryStatus.Dispatched or DeliveryStatus.Delivered or DeliveryStatus.Retrieving;

    public IReadOnlyList<DeliveryStep> History { get; private set; } = [];

    /// <returns>False when there is nothing to prepare: already done, or the order is cancelled.</returns>
    public bool Prepare(string customerId, string address, IReadOnlyList<VehicleRef> vehicles, int revision,
        DateTimeOffset at)
    {
        if (Status is not null || ClosedAt is not null) return false;
        DeliveryId = Guid.CreateVersion7();
        CustomerId = customerId;
        Address = address;
        if (revision >= Revision) (Vehicles, Revision) = (vehicles, revision);
        Reach(DeliveryStatus.Preparing, at);
        return true;
    }

    /// <summary>Cancels what has not left yet, and starts fetching back what has.</summary>
    /// <returns>False when no car has to stop or turn round for it.</returns>
    public bool Cancel(DateTimeOffset at)
    {
        if (ClosedAt is not null) return false;
        ClosedAt = at;
        switch (Status)
        {
            case DeliveryStatus.Preparing:
                Reach(DeliveryStatus.Cancelled, at);
                return true;
            case DeliveryStatus.Dispatched or DeliveryStatus.Delivered:
                Reach(DeliveryStatus.Retrieving, at);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Other cars take the order over; what is known of a later revision stays.</summary>
    /// <returns>False when that is old news.</returns>
    public bool Reassign(IReadOnlyList<VehicleRef> vehicles, int revision)
    {
        if (revision <= Revision) return false;
        (Vehicles, Revision) = (vehicles, revision);
        return true;
    }

    public Refusal? Dispatch(bool hasItsCars, string shipper, DateTimeOffset at)
    {
        if (Status == DeliveryStatus.Preparing && !hasItsCars)
            return Refusal.Conflict(
                "vehicle-in-retrieval", "A car of this delivery is not back yet from the delivery before.");
        if (Step(DeliveryStatus.Preparing, DeliveryStatus.Dispatched, at) is { } broken) return broken;
        Shipper = shipper;
        return null;
    }

    public Refusal? Complete(DateTimeOffset at) => Step(DeliveryStatus.Dispatched, DeliveryStatus.Delivered, at);

    public Refusal? Retrieved(DateTimeOffset at) => Step(DeliveryStatus.Retrieving, DeliveryStatus.Retrieved, at);

    Refusal? Step(DeliveryStatus from, DeliveryStatus to, DateTimeOffset at)
    {
        if (Status != from)
            return Refusal.Conflict(
                "wrong-status", $"Only a delivery that is {from} becomes {to}; this one is {Status}.");
        Reach(to, at);
        return null;
    }

    void Reach(DeliveryStatus status, DateTimeOffset at)
    {
        Status = status;
        ChangedAt = at;
        History = [.. History, new(status, at)];
    }
}
