using System.Text.Json.Serialization;

namespace CarShare.Contracts;

/// <summary>Published by deliveries: one type per step, all of one shape.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="CustomerId">Its customer.</param>
/// <param name="OccurredAt">When the step was taken.</param>
/// <param name="DeliveryId">The delivery.</param>
/// <param name="Address">Where the cars are brought.</param>
/// <param name="Vehicles">The cars.</param>
/// <param name="At">When the step was taken.</param>
/// <param name="Shipper">Who brings the cars; null before they left.</param>
public abstract record DeliveryEvent(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, Guid DeliveryId, string Address,
    IReadOnlyList<VehicleRef> Vehicles, DateTimeOffset At, string? Shipper)
{
    public static string Topic => Topics.Deliveries;

    [JsonIgnore]
    public string Key => OrderId.ToString();
}

public sealed record DeliveryPreparing(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, Guid DeliveryId, string Address,
    IReadOnlyList<VehicleRef> Vehicles, DateTimeOffset At, string? Shipper = null)
    : DeliveryEvent(OrderId, CustomerId, OccurredAt, DeliveryId, Address, Vehicles, At, Shipper), IEvent
{
    public static string Type => "carshare.delivery.preparing.v1";
}

public sealed record DeliveryDispatched(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, Guid DeliveryId, string Address,
    IReadOnlyList<VehicleRef> Vehicles, DateTimeOffset At, string? Shipper = null)
    : DeliveryEvent(OrderId, CustomerId, OccurredAt, DeliveryId, Address, Vehicles, At, Shipper), IEvent
{
    public static string Type => "carshare.delivery.dispatched.v1";
}

public sealed record DeliveryDelivered(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, Guid DeliveryId, string Address,
    IReadOnlyList<VehicleRef> Vehicles, DateTimeOffset At, string? Shipper = null)
    : DeliveryEvent(OrderId, CustomerId, OccurredAt, DeliveryId, Address, Vehicles, At, Shipper), IEvent
{
    public static string Type => "carshare.delivery.delivered.v1";
}

public sealed record DeliveryCancelled(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, Guid DeliveryId, string Address,
    IReadOnlyList<VehicleRef> Vehicles, DateTimeOffset At, string? Shipper = null)
    : DeliveryEvent(OrderId, CustomerId, OccurredAt, DeliveryId, Address, Vehicles, At, Shipper), IEvent
{
    public static string Type => "carshare.delivery.cancelled.v1";
}

public sealed record DeliveryRetrieving(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, Guid DeliveryId, string Address,
    IReadOnlyList<VehicleRef> Vehicles, DateTimeOffset At, string? Shipper = null)
    : DeliveryEvent(OrderId, CustomerId, OccurredAt, DeliveryId, Address, Vehicles, At, Shipper), IEvent
{
    public static string Type => "carshare.delivery.retrieving.v1";
}

public sealed record DeliveryRetrieved(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, Guid DeliveryId, string Address,
    IReadOnlyList<VehicleRef> Vehicles, DateTimeOffset At, string? Shipper = null)
    : DeliveryEvent(OrderId, CustomerId, OccurredAt, DeliveryId, Address, Vehicles, At, Shipper), IEvent
{
    public static string Type => "carshare.delivery.retrieved.v1";
}
