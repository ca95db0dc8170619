using CarShare.Contracts;

namespace CarShare.Stocks.Domain;

/// <summary>One car. It belongs to an order from claim to release; a defect never goes away by itself.</summary>
public sealed class Vehicle
{
    public Guid VehicleId { get; init; }
    public Guid ProductId { get; init; }
    public required string Plate { get; init; }
    public required string Location { get; set; }

    /// <summary>
    /// Available, InUse, Defective or Retired: an order that holds the car leaves it Available until the handover.
    /// </summary>
    public VehicleState State { get; private set; }

    /// <summary>The order that holds the car now.</summary>
    public Guid? OrderId { get; private set; }

    /// <summary>
    /// The order that holds it or was the last to do so; news of any earlier order are too late for this car.
    /// </summary>
    public Guid? LastOrderId { get; private set; }

    public uint Xmin { get; init; }

    public bool IsFree => OrderId is null && State == VehicleState.Available;

    /// <summary>The state as people see it.</summary>
    public VehicleState ShownState => OrderId is not null && State == VehicleState.Available ? VehicleState.Reserved
        : State;

    public void ReserveFor(Guid orderId)
    {
        if (!IsFree) throw new InvalidOperationException($"Car {VehicleId} is not free.");
        OrderId = LastOrderId = orderId;
    }

    public void Release()
    {
        OrderId = null;
        if (State == VehicleState.InUse) State = VehicleState.Available;
    }

    public void HandOver()
    {
        if (State == VehicleState.Available) State = VehicleState.InUse;
    }

    public void MarkDefective() => State = VehicleState.Defective;

    public void Repair() => State = VehicleState.Available;

    /// <summary>Takes the car out of the fleet.</summary>
    public void Retire()
    {
        if (OrderId is not null) throw new InvalidOperationException($"Car {VehicleId} is held by order {OrderId}.");
        State = VehicleState.Retired;
    }
}
