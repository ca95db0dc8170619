using CarShare.Contracts;

namespace CarShare.Orders.Domain;

/// <summary>
/// A rental. Pending → Placed | AwaitingPayment | Rejected | Cancelled; AwaitingPayment → Placed | Cancelled;
/// Placed → Preparing → Dispatched → InUse → Returned; everything before InUse → Cancelled.
/// </summary>
public sealed class Order
{
    /// <summary>Whole KRW; no order costs more.</summary>
    public const decimal MaxAmount = 100_000_000;

    const int MaxLateHours = 1_000_000;

    Order()
    {
    }

    public Guid OrderId { get; private init; }
    public required string CustomerId { get; init; }
    public string? IdempotencyKey { get; private set; }
    public required string RequestHash { get; init; }
    public Guid ProductId { get; private init; }
    public Guid? VehicleId { get; private init; }
    public int Quantity { get; private init; }
    public int Hours { get; private init; }
    public required string DeliveryAddress { get; init; }
    public string? ContactName { get; private init; }
    public string? ContactPhone { get; private init; }
    public string? ContactEmail { get; private init; }
    public DateTimeOffset CreatedAt { get; private init; }

    /// <summary>How often the steps behind Pending were begun: above one, earlier calls may be on their way.</summary>
    public int Attempts { get; private init; } = 1;

    /// <summary>How often payments was asked again for an order that awaits it, and when it is asked next.</summary>
    public int PaymentAttempts { get; private set; }
    public DateTimeOffset? NextPaymentAt { get; private set; }

    public OrderStatus Status { get; private set; }
    public string? Reason { get; private set; }
    public string? ModelName { get; private set; }
    public decimal? HourlyRate { get; private set; }
    public decimal? Amount { get; private set; }
    public IReadOnlyList<VehicleRef> Vehicles { get; private set; } = [];
    public int Revision { get; private set; }
    public Guid? PaymentId { get; private set; }
    public DateTimeOffset? ExpiresAt { get; private set; }
    public DateTimeOffset? DeliveredAt { get; private set; }
    public DateTimeOffset? ReturnBy { get; private set; }

    /// <summary>The answer to the request that made the order, repeated word for word.</summary>
    public int? AnswerStatus { get; private set; }
    public string? AnswerBody { get; private set; }

    public IReadOnlyList<OrderHistory> History { get; private set; } = [];

    /// <summary>The row's version, as last seen.</summary>
    public uint Xmin { get; internal set; }

    /// <summary>Only a paid order is accepted; this is true from then until it ends.</summary>
    public bool IsAccepted =>
        Status is OrderStatus.Placed or OrderStatus.Preparing or OrderStatus.Dispatched or OrderStatus.InUse;

    /// <summary>It may still be placed.</summary>
    public bool IsOpen => Status is OrderStatus.Pending or OrderStatus.AwaitingPayment;

    /// <summary>An order as it was asked for, before anything was done about it.</summary>
    public static Order Create(
        OrderTerms terms, string customerId, string idempotencyKey, string requestHash, DateTimeOffset now)
    {
        var order = new Order
        {
            OrderId = Guid.CreateVersion7(),
            CustomerId = customerId,
            IdempotencyKey = idempotencyKey,
            RequestHash = requestHash,
            ProductId = terms.ProductId,
            VehicleId = terms.VehicleId,
            Quantity = terms.Quantity,
            Hours = terms.Hours,
            DeliveryAddress = terms.DeliveryAddress,
            ContactName = terms.Contact?.Name,
            ContactPhone = terms.Contact?.Phone,
            ContactEmail = terms.Contact?.Email,
            CreatedAt = now,
        };
        order.Become(OrderStatus.Pending, now);
        return order;
    }

    public decimal PriceAt(decimal hourlyRate) => hourlyRate * Hours * Quantity;

    /// <summary>What stocks promised. A replacement that was heard of before stays.</summary>
    public void Reserve(string modelName, decimal hourlyRate, IReadOnlyList<VehicleRef> vehicles, int revision)
    {
        ModelName = modelName;
        HourlyRate = hourlyRate;
        Amount = PriceAt(hourlyRate);
        Reassign(vehicles, revision);
    }

    public Verdict<bool> Place(Guid paymentId, DateTimeOffset now)
    {
        if (!IsOpen) return Rules.OnlyOpenOrdersArePlaced;
        if (Amount is null) return Rules.NothingIsPlacedUnpaid;
        PaymentId = paymentId;
        (ExpiresAt, NextPaymentAt) = (null, null);
        Become(OrderStatus.Placed, now);
        return true;
    }

    /// <summary>Waits for its payment, unless the news that it is paid came first: then it is placed.</summary>
    public Verdict<bool> AwaitPayment(DateTimeOffset expiresAt, DateTimeOffset nextPaymentAt, DateTimeOffset now)
    {
        if (Status != OrderStatus.Pending) return Rules.OnlyPendingOrdersAwaitPayment;
        if (PaymentId is { } paid) return Place(paid, now);
        (ExpiresAt, NextPaymentAt) = (expiresAt, nextPaymentAt);
        Become(OrderStatus.AwaitingPayment, now);
        return true;
    }

    /// <summary>The news of a payment, which may overtake the answer to the call that made it.</summary>
    public Verdict<bool> Approve(Guid paymentId, DateTimeOffset now)
    {
        if (Status == OrderStatus.AwaitingPayment) return Place(paymentId, now);
        if (Status == OrderStatus.Pending) PaymentId = paymentId;
        return false;
    }

    public Verdict<bool> Reject(string reason, DateTimeOffset now)
    {
        if (Status != OrderStatus.Pending) return Rules.OnlyPendingOrdersAreRejected;
        Become(OrderStatus.Rejected, now, reason);
        return true;
    }

    public Verdict<bool> Cancel(CancelReason reason, DateTimeOffset now)
    {
        if (Status == OrderStatus.Cancelled) return false;
        if (Status is OrderStatus.InUse or OrderStatus.Returned or OrderStatus.Rejected)
            return Rules.CancelledBeforeHandover;
        (ExpiresAt, NextPaymentAt) = (null, null);
        Become(OrderStatus.Cancelled, now, reason.ToString());
        return true;
    }

    /// <summary>Follows the delivery forward, over missing steps too; what is behind is old news.</summary>
    public Verdict<bool> Follow(OrderStatus step, DateTimeOffset at, TimeSpan hour, DateTimeOffset now)
    {
        if (!IsAccepted || step <= Status || step > OrderStatus.InUse) return false;
        if (step == OrderStatus.InUse)
        {
            DeliveredAt = at.InMicroseconds();
            ReturnBy = DeliveredAt + Hours * hour;
        }

        Become(step, now);
        return true;
    }

    public Verdict<bool> Return(DateTimeOffset now)
    {
        if (Status == OrderStatus.Returned) return false;
        if (Status != OrderStatus.InUse) return Rules.OnlyCarsInUseAreReturned;
        Become(OrderStatus.Returned, now);
        return true;
    }

    /// <summary>Every hour begun behind the agreed time costs as much as any other.</summary>
    public (int Hours, decimal Fee) Lateness(DateTimeOffset now, TimeSpan hour)
    {
        if (ReturnBy is not { } due || now <= due) return (0, 0);
        var hours = (int)Math.Min(Math.Ceiling((now - due) / hour), MaxLateHours);
        return (hours, hours * HourlyRate.GetValueOrDefault() * Quantity);
    }

    /// <summary>The highest revision wins, whatever came first.</summary>
    public Verdict<bool> Reassign(IReadOnlyList<VehicleRef> vehicles, int revision)
    {
        if (revision <= Revision) return false;
        Vehicles = vehicles;
        Revision = revision;
        return true;
    }

    public void Answer(int status, string body) => (AnswerStatus, AnswerBody) = (status, body);

    /// <summary>The customer may use the key again: this attempt never was an answer.</summary>
    public void ReleaseKey() => IdempotencyKey = null;

    void Become(OrderStatus status, DateTimeOffset now, string? reason = null)
    {
        Status = status;
        Reason = reason;
        History = [.. History, new(status, now, reason)];
    }
}
