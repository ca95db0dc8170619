namespace CarShare.Deliveries.Domain;

/// <summary>That a car is with a delivery. The car is the key: no two deliveries ever have the same one.</summary>
public sealed class CarUnderWay
{
    public Guid VehicleId { get; init; }

    public Guid OrderId { get; init; }
}
