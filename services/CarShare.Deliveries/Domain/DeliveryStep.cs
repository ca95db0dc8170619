using CarShare.Contracts;

namespace CarShare.Deliveries.Domain;

/// <summary>A status the delivery reached, and when. No delivery reaches the same one twice.</summary>
public sealed record DeliveryStep(DeliveryStatus Status, DateTimeOffset At);
