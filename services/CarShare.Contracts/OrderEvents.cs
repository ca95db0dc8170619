using System.Text.Json.Serialization;

namespace CarShare.Contracts;

/// <summary>Published by orders. Every record is keyed by its order.</summary>
public abstract record OrderEvent(Guid OrderId, string CustomerId, DateTimeOffset OccurredAt)
{
    public static string Topic => Topics.Orders;

    [JsonIgnore]
    public string Key => OrderId.ToString();
}

public sealed record OrderPlaced(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, Guid ProductId, string ModelName, int Quantity,
    IReadOnlyList<VehicleRef> Vehicles, int Revision, int Hours, decimal HourlyRate, decimal Amount, Guid PaymentId,
    string DeliveryAddress, Contact? Contact = null)
    : OrderEvent(OrderId, CustomerId, OccurredAt), IEvent
{
    public static string Type => "carshare.order.placed.v1";
}

public sealed record OrderProgressed(Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, OrderStatus Status,
    DateTimeOffset? ReturnBy)
    : OrderEvent(OrderId, CustomerId, OccurredAt), IEvent
{
    public static string Type => "carshare.order.progressed.v1";
}

public sealed record OrderAwaitingPayment(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, decimal Amount, DateTimeOffset ExpiresAt,
    Guid ProductId,
    int Quantity, string? ModelName = null, int? Hours = null, decimal? HourlyRate = null,
        string? DeliveryAddress = null,
    Contact? Contact = null)
    : OrderEvent(OrderId, CustomerId, OccurredAt), IEvent
{
    public static string Type => "carshare.order.awaitingpayment.v1";
}

public sealed record OrderRejected(Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, string Reason,
    Guid ProductId, int Quantity)
    : OrderEvent(OrderId, CustomerId, OccurredAt), IEvent
{
    public static string Type => "carshare.order.rejected.v1";
}

public sealed record OrderCancelled(Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, CancelReason Reason,
    Guid ProductId, int Quantity)
    : OrderEvent(OrderId, CustomerId, OccurredAt), IEvent
{
    public static string Type => "carshare.order.cancelled.v1";
}

public sealed record OrderReturned(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, DateTimeOffset ReturnedAt, string Location,
    int LateHours, decimal LateFee)
    : OrderEvent(OrderId, CustomerId, OccurredAt), IEvent
{
    public static string Type => "carshare.order.returned.v1";
}
