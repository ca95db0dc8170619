using CarShare.Contracts;

namespace CarShare.Orders.Domain;

/// <summary>The rules of an order as sentences.</summary>
public static class Rules
{
    public static readonly Refusal OnlyOpenOrdersArePlaced =
        Refusal.Conflict("order-closed", "Only an order that is pending or awaits its payment can be placed.");

    public static readonly Refusal OnlyPendingOrdersAwaitPayment =
        Refusal.Conflict("order-closed", "Only a pending order can be put off until it is paid.");

    public static readonly Refusal OnlyPendingOrdersAreRejected =
        Refusal.Conflict("order-closed", "Only a pending order can be rejected.");

    public static readonly Refusal NothingIsPlacedUnpaid =
        Refusal.Conflict("not-paid", "Only an order whose price and payment are known can be placed.");

    public static readonly Refusal OnlyUnpaidOrdersArePaid =
        Refusal.Conflict("not-payable", "Only an order that awaits its payment can be paid.");

    public static readonly Refusal CancelledBeforeHandover =
        Refusal.Conflict(
            "not-cancellable", "An order can be cancelled until the car is handed over, and not once it was rejected.");

    public static readonly Refusal OnlyCarsInUseAreReturned =
        Refusal.Conflict("not-in-use", "Only a car in use can be returned.");

    public static readonly Refusal PaymentDeclined =
        new(RefusalKind.Declined, "payment-declined", "The payment was declined: the deposit does not cover it.");

    public static readonly Refusal AmountTooLarge =
        new(RefusalKind.Impossible, "amount-too-large", $"An order may cost up to {Order.MaxAmount} KRW.");
}
