using CarShare.Contracts;

namespace CarShare.Payments.Domain;

/// <summary>
/// What payments knows about one order. The row exists from the first call or event about the order on, also when
/// nothing was ever paid.
/// </summary>
public sealed class Payment
{
    public required Guid OrderId { get; init; }
    public Guid? PaymentId { get; private set; }
    public string? CustomerId { get; private set; }
    public decimal? Amount { get; private set; }
    public PaymentStatus? Status { get; private set; }
    public decimal? LateFee { get; private set; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? RefundedAt { get; private set; }
    public DateTimeOffset? ClosedAt { get; private set; }

    public static readonly Refusal OrderClosed =
        new(RefusalKind.Conflict, "order-closed", "The order is closed and takes no payment.");

    public static readonly Refusal OrderMismatch =
        new(RefusalKind.Conflict, "order-mismatch", "The order is already known with another customer or amount.");

    public static readonly Refusal NotCovered =
        new(RefusalKind.Declined, "payment-declined", "The deposit does not cover the amount.");

    /// <summary>A closed order takes no payment, and an order is paid by one customer with one amount.</summary>
    public Refusal? Refusal(string customerId, decimal amount)
    {
        if (ClosedAt is not null) return OrderClosed;
        return Status is not null && (CustomerId != customerId || Amount != amount) ? OrderMismatch : null;
    }

    public Guid Approve(string customerId, decimal amount) => Attempt(PaymentStatus.Approved, customerId, amount);

    /// <summary>Declined is not final: the customer may top up and pay again.</summary>
    /// <returns>False when the payment was declined before, so that nobody is told twice.</returns>
    public bool Decline(string customerId, decimal amount)
    {
        if (Status == PaymentStatus.Declined) return false;
        Attempt(PaymentStatus.Declined, customerId, amount);
        return true;
    }

    /// <summary>The order is over. It is closed once; whatever comes later finds it closed and does nothing.</summary>
    /// <returns>False when it was closed before.</returns>
    public bool Close(DateTimeOffset at)
    {
        if (ClosedAt is not null) return false;
        ClosedAt = at;
        return true;
    }

    /// <summary>Only money that was taken is given back.</summary>
    /// <returns>False when there is nothing to give back.</returns>
    public bool Refund(DateTimeOffset at)
    {
        if (Status != PaymentStatus.Approved) return false;
        Status = PaymentStatus.Refunded;
        RefundedAt = at;
        return true;
    }

    /// <summary>
    /// The customer is the one who paid; an order nobody paid for here is billed to the customer it is said to be of.
    /// </summary>
    /// <returns>Who pays the fee.</returns>
    public string BillLate(string customerId, decimal fee)
    {
        LateFee = fee;
        return CustomerId ??= customerId;
    }

    Guid Attempt(PaymentStatus status, string customerId, decimal amount)
    {
        (Status, CustomerId, Amount) = (status, customerId, amount);
        PaymentId ??= Guid.CreateVersion7();
        return PaymentId.Value;
    }
}
