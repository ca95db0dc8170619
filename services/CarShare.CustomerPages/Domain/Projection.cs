using CarShare.Contracts;

namespace CarShare.CustomerPages.Domain;

/// <summary>Which event tells a page what. A status comes from the events of its own service only, whatever others say.</summary>
public static class Projection
{
    // The order knows what was agreed; a payment only what was tried.
    const int Tried = 0, Agreed = 1;

    // Below every revision: deliveries name cars without one.
    const int Unrevised = -1;

    public static PageChange? Of(OrderEvent e) => e switch
    {
        OrderPlaced placed => Change(
            placed, "order.placed", OrderStatus.Placed, new(Field.ProductId, placed.ProductId), new(Field.ModelName, placed.ModelName), new(Field.Quantity, placed.Quantity),
            new(Field.Amount, placed.Amount, Agreed), new(Field.Vehicles, placed.Vehicles, 2L * placed.Revision)),
        OrderProgressed { ReturnBy: { } returnBy } progressed => Change(progressed, "order.progressed", progressed.Status, new Fact(Field.ReturnBy, returnBy)),
        OrderProgressed progressed => Change(progressed, "order.progressed", progressed.Status),
        OrderAwaitingPayment waiting => Change(
            waiting, "order.awaitingpayment", OrderStatus.AwaitingPayment, new(Field.ProductId, waiting.ProductId), new(Field.Quantity, waiting.Quantity), new(Field.Amount, waiting.Amount, Agreed)),
        OrderRejected rejected => Change(
            rejected, "order.rejected", OrderStatus.Rejected, new(Field.ProductId, rejected.ProductId), new(Field.Quantity, rejected.Quantity)),
        OrderCancelled cancelled => Change(
            cancelled, "order.cancelled", OrderStatus.Cancelled, new(Field.ProductId, cancelled.ProductId), new(Field.Quantity, cancelled.Quantity)),
        OrderReturned returned => Change(returned, "order.returned", OrderStatus.Returned),
        _ => null,
    };

    public static PageChange? Of(PaymentEvent e) => e switch
    {
        PaymentApproved approved => Change(approved, "payment.approved", new(Field.PaymentStatus, PaymentStatus.Approved), new(Field.Amount, approved.Amount, Tried)),
        PaymentDeclined declined => Change(declined, "payment.declined", new(Field.PaymentStatus, PaymentStatus.Declined), new(Field.Amount, declined.Amount, Tried)),
        PaymentRefunded refunded => Change(refunded, "payment.refunded", new(Field.PaymentStatus, PaymentStatus.Refunded), new(Field.Amount, refunded.Amount, Tried)),
        UsageBilled billed => Change(billed, "usage.billed"),
        _ => null,
    };

    public static PageChange? Of(DeliveryEvent e) => e switch
    {
        DeliveryPreparing => Change(e, "delivery.preparing", DeliveryStatus.Preparing),
        DeliveryDispatched => Change(e, "delivery.dispatched", DeliveryStatus.Dispatched),
        DeliveryDelivered => Change(e, "delivery.delivered", DeliveryStatus.Delivered, new Fact(Field.DeliveredAt, e.At)),
        DeliveryCancelled => Change(e, "delivery.cancelled", DeliveryStatus.Cancelled),
        DeliveryRetrieving => Change(e, "delivery.retrieving", DeliveryStatus.Retrieving),
        DeliveryRetrieved => Change(e, "delivery.retrieved", DeliveryStatus.Retrieved),
        _ => null,
    };

    // A revision told by stocks itself beats the same one passed on by orders.
    public static PageChange Of(VehicleReassigned e) =>
        new(e.OrderId, null, e.OccurredAt, "vehicle.reassigned", new Fact(Field.Vehicles, e.Vehicles, 2L * e.Revision + 1));

    public static PageChange Of(StockShortage e) => new(e.OrderId, null, e.OccurredAt, "stock.shortage");

    public static ProductChange Of(ProductEvent e) => new(e.ProductId, e.Version, e.Available, e.ModelName);

    static PageChange Change(OrderEvent e, string name, OrderStatus status, params Fact[] facts) =>
        new(e.OrderId, e.CustomerId, e.OccurredAt, name, [new(Field.OrderStatus, status), .. facts]);

    static PageChange Change(PaymentEvent e, string name, params Fact[] facts) => new(e.OrderId, e.CustomerId, e.OccurredAt, name, facts);

    static PageChange Change(DeliveryEvent e, string name, DeliveryStatus status, params Fact[] facts) =>
        new(e.OrderId, e.CustomerId, e.OccurredAt, name, [new(Field.DeliveryStatus, status), new(Field.Vehicles, e.Vehicles, Unrevised), .. facts]);
}
