using CarShare.Contracts;

namespace CarShare.Orders.Domain;

/// <summary>The rules of an order as sentences.</summary>
public static class Rules
{
    public static readonly Refusal OnlyOpenOrdersArePlaced =
        Conflict("order-closed", "Only an order that is pending or awaits its payment can be placed.");

    public static readonly Refusal OnlyPendingOrdersAwaitPayment =
        Conflict("order-closed", "Only a pending order can be put off until it is paid.");

    public static readonly Refusal OnlyPendingOrdersAreRejected =
        Conflict("order-closed", "Only a pending order can be rejected.");

    public static readonly Refusal NothingIsPlacedUnpaid =
        Conflict("not-paid", "Only an order whose price and payment are known can be placed.");

    public static readonly Refusal OnlyUnpaidOrdersArePaid =
        Conflict("not-payable", "Only an order that awaits its payment can be paid.");

    public static readonly Refusal CancelledBeforeHandover =
        Conflict(
            "not-cancellable", "An order can be cancelled until the car is handed over, and not once it was rejected.");

    public static readonly Refusal OnlyCarsInUseAreReturned =
        Conflict("not-in-use", "Only a car in use can be returned.");

    public static readonly Refusal PaymentDeclined =
        new(RefusalKind.Declined, "payment-declined", "The payment was declined: the deposit does not cover it.");

    public static readonly Refusal AmountTooLarge =
        new(RefusalKind.Impossible, "amount-too-large", $"An order may cost up to {Order.MaxAmount} KRW.");

    static Refusal Conflict(string code, string sentence) => new(RefusalKind.Conflict, code, sentence);
}
