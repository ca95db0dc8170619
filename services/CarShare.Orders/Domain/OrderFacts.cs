using CarShare.Contracts;

namespace CarShare.Orders.Domain;

/// <summary>The order in the words of the published language.</summary>
public static class OrderFacts
{
    public static OrderPlaced Placed(this Order o, DateTimeOffset now) => new(
        o.OrderId, o.CustomerId, now, o.ProductId, o.ModelName!, o.Quantity, o.Vehicles, o.Revision, o.Hours,
        o.HourlyRate!.Value, o.Amount!.Value, o.PaymentId!.Value, o.DeliveryAddress, o.Contact());

    public static OrderAwaitingPayment AwaitingPayment(this Order o, DateTimeOffset now) => new(
        o.OrderId, o.CustomerId, now, o.Amount!.Value, o.ExpiresAt!.Value, o.ProductId, o.Quantity,
        o.ModelName, o.Hours,
        o.HourlyRate, o.DeliveryAddress, o.Contact());

    public static OrderRejected Rejected(this Order o, DateTimeOffset now) =>
        new(o.OrderId, o.CustomerId, now, o.Reason!, o.ProductId, o.Quantity);

    public static OrderCancelled Cancelled(this Order o, CancelReason reason, DateTimeOffset now) =>
        new(o.OrderId, o.CustomerId, now, reason, o.ProductId, o.Quantity);

    public static OrderProgressed Progressed(this Order o, DateTimeOffset now) =>
        new(o.OrderId, o.CustomerId, now, o.Status, o.ReturnBy);

    public static OrderDto ToDto(this Order o) => new(
        o.OrderId, o.CustomerId, o.ProductId, o.ModelName, o.Quantity, o.Hours, o.DeliveryAddress,
        o.HourlyRate, o.Amount,
        o.DeliveredAt, o.ReturnBy, o.Status, o.Reason, o.ExpiresAt, o.Vehicles,
        [.. o.History.Select(h => new OrderHistoryDto(h.Status, h.At, h.Reason))], o.Contact());

    static Contact? Contact(this Order o) =>
        o.ContactName is { } name ? new(name, o.ContactPhone!, o.ContactEmail) : null;
}
