using CarShare.Contracts;

namespace CarShare.Deliveries.Domain;

/// <summary>A status the delivery reached, and when. No delivery reaches the same one twice.</summary>
public sealed class DeliveryStep(DeliveryStatus status, DateTimeOffset at)
{
    public DeliveryStatus Status { get; private init; } = status;

    public DateTimeOffset At { get; private init; } = at;
}
