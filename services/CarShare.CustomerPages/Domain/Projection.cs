using CarShare.Contracts;

namespace CarShare.CustomerPages.Domain;

/// <summary>
/// Which event tells a page what. A status comes from the events of its own service only, whatever others say.
/// </summary>
public static class Projection
{
    // The order knows what was agreed; others only what they heard of it.
    const int Heard = 0, Agreed = 1;

    // Below every revision: deliveries name cars without one.
    const int Unrevised = -1;

    public static PageChange? Of(OrderEvent e) => e switch
    {
        OrderPlaced placed => Change(placed, "order.placed", OrderStatus.Placed, [
            new(Field.ProductId, placed.ProductId), new(Field.Vehicles, placed.Vehicles, 2L * placed.Revision),
            .. Agreement(placed.ModelName, placed.Quantity, placed.Hours, placed.HourlyRate, placed.Amount,
                placed.DeliveryAddress, placed.Contact),
        ]) with
        { OfCustomer = [new(Field.Contact, placed.Contact)] },
        OrderAwaitingPayment waiting => Change(waiting, "order.awaitingpayment", OrderStatus.AwaitingPayment, [
            new(Field.ProductId, waiting.ProductId),
            .. Agreement(waiting.ModelName, waiting.Quantity, waiting.Hours, waiting.HourlyRate, waiting.Amount,
                waiting.DeliveryAddress, waiting.Contact),
        ]) with
        { OfCustomer = [new(Field.Contact, waiting.Contact)] },
        OrderProgressed progressed => Change(
            progressed, "order.progressed", progressed.Status, [new(Field.ReturnBy, progressed.ReturnBy)]),
        OrderRejected rejected => Change(rejected, "order.rejected", OrderStatus.Rejected, [
            new(Field.Reason, rejected.Reason), new(Field.ProductId, rejected.ProductId),
                new(Field.Quantity, rejected.Quantity),
        ]),
        OrderCancelled cancelled => Change(cancelled, "order.cancelled", OrderStatus.Cancelled, [
            new(Field.Reason, cancelled.Reason), new(Field.ProductId, cancelled.ProductId),
                new(Field.Quantity, cancelled.Quantity),
        ]),
        OrderReturned returned => Change(returned, "order.returned", OrderStatus.Returned, [
            new(Field.ReturnedAt, returned.ReturnedAt), new(Field.LateHours, returned.LateHours, Agreed),
            new(Field.LateFee, returned.LateFee, Agreed),
        ]),
        _ => null,
    };

    public static PageChange? Of(PaymentEvent e) => e switch
    {
        // Who owes something can't pay.
        PaymentApproved approved =>
            Change(approved, "payment.approved", PaymentStatus.Approved, [new(Field.Amount, approved.Amount, Heard)])
            with
            { OfCustomer = [new(Field.Owed, 0m)], Debit = approved.Amount },
        PaymentDeclined declined =>
            Change(declined, "payment.declined", PaymentStatus.Declined, [new(Field.Amount, declined.Amount, Heard)]),
        PaymentRefunded refunded => Change(refunded, "payment.refunded", PaymentStatus.Refunded, [
            new(Field.Amount, refunded.Amount, Heard), new(Field.Refunded, refunded.Amount),
        ]) with
        { OfCustomer = Deposit(refunded.Balance, refunded.Owed) },
        UsageBilled billed => Change(billed, "usage.billed", null, [
            new(Field.LateHours, billed.LateHours, Heard), new(Field.LateFee, billed.Amount, Heard),
                new(Field.Owed, billed.Owed),
        ]) with
        { OfCustomer = Deposit(billed.Balance, billed.Owed) },
        _ => null,
    };

    public static PageChange? Of(DeliveryEvent e) => e switch
    {
        DeliveryPreparing => Change(e, "delivery.preparing", DeliveryStatus.Preparing),
        DeliveryDispatched => Change(e, "delivery.dispatched", DeliveryStatus.Dispatched),
        DeliveryDelivered => Change(e, "delivery.delivered", DeliveryStatus.Delivered,
            new Fact(Field.DeliveredAt, e.At)),
        DeliveryCancelled => Change(e, "delivery.cancelled", DeliveryStatus.Cancelled),
        DeliveryRetrieving => Change(e, "delivery.retrieving", DeliveryStatus.Retrieving),
        DeliveryRetrieved => Change(e, "delivery.retrieved", DeliveryStatus.Retrieved),
        _ => null,
    };

    // A revision told by stocks itself beats the same one passed on by orders.
    public static PageChange Of(VehicleReassigned e) => new(
        e.OrderId, null, e.OccurredAt, "vehicle.reassigned", Sentences.Of(e),
        new Fact(Field.Vehicles, e.Vehicles, 2L * e.Revision + 1));

    public static PageChange Of(StockShortage e) =>
        new(e.OrderId, null, e.OccurredAt, "stock.shortage", Sentences.Of(e));

    public static CustomerChange Of(DepositCredited e) =>
        new(e.CustomerId, Deposit(e.Balance, e.Owed ?? (e.Balance > 0 ? 0 : null)));

    public static ProductChange Of(ProductEvent e) => new(e.ProductId, e.Version, e.Available, e.ModelName);

    static IReadOnlyList<Fact> Agreement(
        string? model, int quantity, int? hours, decimal? hourlyRate, decimal amount, string? address,
        Contact? contact) =>
    [
        new(Field.ModelName, model), new(Field.Quantity, quantity), new(Field.Hours, hours),
            new(Field.HourlyRate, hourlyRate),
        new(Field.Amount, amount, Agreed), new(Field.DeliveryAddress, address, Agreed), new(Field.Contact, contact),
    ];

    static IReadOnlyList<Fact> Deposit(decimal? balance, decimal? owed) =>
        [new(Field.Balance, balance), new(Field.Owed, owed)];

    static PageChange Change(OrderEvent e, string name, OrderStatus status, IReadOnlyList<Fact> facts) =>
        new(e.OrderId, e.CustomerId, e.OccurredAt, name, Sentences.Of(e), [new(Field.OrderStatus, status), .. facts]);

    static PageChange Change(PaymentEvent e, string name, PaymentStatus? status, IReadOnlyList<Fact> facts) =>
        new(e.OrderId, e.CustomerId, e.OccurredAt, name, Sentences.Of(e), [new(Field.PaymentStatus, status), .. facts]);

    static PageChange Change(DeliveryEvent e, string name, DeliveryStatus status, params IReadOnlyList<Fact> facts) =>
        new(e.OrderId, e.CustomerId, e.OccurredAt, name, Sentences.Of(e), [
            new(Field.DeliveryStatus, status), new(Field.Vehicles, e.Vehicles, Unrevised),
                new(Field.DeliveryAddress, e.Address, Heard),
            new(Field.Shipper, e.Shipper), .. facts,
        ]);
}
