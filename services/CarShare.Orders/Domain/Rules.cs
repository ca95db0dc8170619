namespace CarShare.Orders.Domain;

/// <summary>A rule of the life cycle that an action would break.</summary>
public sealed record Rule(string Code, string Sentence);

/// <summary>What an action did: changed the order, found its work already done, or would have broken a rule.</summary>
public sealed record Verdict(bool Changed, Rule? Broken = null)
{
    public static readonly Verdict Done = new(true);
    public static readonly Verdict Nothing = new(false);

    public static implicit operator Verdict(Rule broken) => new(false, broken);
}

public static class Rules
{
    public static readonly Rule OnlyOpenOrdersArePlaced = new("order-closed", "Only an order that is pending or awaits its payment can be placed.");
    public static readonly Rule OnlyPendingOrdersAwaitPayment = new("order-closed", "Only a pending order can be put off until it is paid.");
    public static readonly Rule OnlyPendingOrdersAreRejected = new("order-closed", "Only a pending order can be rejected.");
    public static readonly Rule NothingIsPlacedUnpaid = new("not-paid", "Only an order whose price and payment are known can be placed.");
    public static readonly Rule OnlyUnpaidOrdersArePaid = new("not-payable", "Only an order that awaits its payment can be paid.");
    public static readonly Rule CancelledBeforeHandover = new("not-cancellable", "An order can be cancelled until the car is handed over, and not once it was rejected.");
    public static readonly Rule OnlyCarsInUseAreReturned = new("not-in-use", "Only a car in use can be returned.");
}
