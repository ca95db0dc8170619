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
    public DateTimeOffset CreatedAt { get; private init; }

    /// <summary>How often the steps behind Pending were begun. Above one, calls of an earlier attempt may still be on their way.</summary>
    public int Attempts { get; private init; } = 1;

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
    public bool IsAccepted => Status is OrderStatus.Placed or OrderStatus.Preparing or OrderStatus.Dispatched or OrderStatus.InUse;

    public static Order Take(
        string customerId, string idempotencyKey, string requestHash, Guid productId, Guid? vehicleId, int quantity, int hours, string deliveryAddress, DateTimeOffset now)
    {
        var order = new Order
        {
            OrderId = Guid.CreateVersion7(),
            CustomerId = customerId,
            IdempotencyKey = idempotencyKey,
            RequestHash = requestHash,
            ProductId = productId,
            VehicleId = vehicleId,
            Quantity = quantity,
            Hours = hours,
            DeliveryAddress = deliveryAddress,
            CreatedAt = now,
        };
        order.Become(OrderStatus.Pending, now);
        return order;
    }

    public static decimal Price(decimal hourlyRate, int hours, int quantity) => hourlyRate * hours * quantity;

    /// <summary>What stocks promised. A replacement that was heard of before stays.</summary>
    public void Reserve(string modelName, decimal hourlyRate, IReadOnlyList<VehicleRef> vehicles, int revision)
    {
        ModelName = modelName;
        HourlyRate = hourlyRate;
        Amount = Price(hourlyRate, Hours, Quantity);
        Reassign(vehicles, revision);
    }

    public Verdict Place(Guid paymentId, DateTimeOffset now)
    {
        if (Status is not (OrderStatus.Pending or OrderStatus.AwaitingPayment)) return Rules.OnlyOpenOrdersArePlaced;
        if (Amount is null) return Rules.NothingIsPlacedUnpaid;
        PaymentId = paymentId;
        ExpiresAt = null;
        Become(OrderStatus.Placed, now);
        return Verdict.Done;
    }

    /// <summary>The order waits for its payment, unless the news that it is paid came first: then it is placed.</summary>
    public Verdict AwaitPayment(DateTimeOffset expiresAt, DateTimeOffset now)
    {
        if (Status != OrderStatus.Pending) return Rules.OnlyPendingOrdersAwaitPayment;
        if (PaymentId is { } paid) return Place(paid, now);
        ExpiresAt = expiresAt;
        Become(OrderStatus.AwaitingPayment, now);
        return Verdict.Done;
    }

    /// <summary>The news of a payment, which may overtake the answer to the call that made it.</summary>
    public Verdict Approve(Guid paymentId, DateTimeOffset now)
    {
        if (Status == OrderStatus.AwaitingPayment) return Place(paymentId, now);
        if (Status == OrderStatus.Pending) PaymentId = paymentId;
        return Verdict.Nothing;
    }

    public Verdict Reject(string reason, DateTimeOffset now)
    {
        if (Status != OrderStatus.Pending) return Rules.OnlyPendingOrdersAreRejected;
        Become(OrderStatus.Rejected, now, reason);
        return Verdict.Done;
    }

    public Verdict Cancel(CancelReason reason, DateTimeOffset now)
    {
        if (Status == OrderStatus.Cancelled) return Verdict.Nothing;
        if (Status is OrderStatus.InUse or OrderStatus.Returned or OrderStatus.Rejected) return Rules.CancelledBeforeHandover;
        ExpiresAt = null;
        Become(OrderStatus.Cancelled, now, reason.ToString());
        return Verdict.Done;
    }

    /// <summary>Follows the delivery forward, over missing steps too; what is behind or belongs to an order that ended is old news.</summary>
    public Verdict Follow(OrderStatus step, DateTimeOffset at, TimeSpan hour, DateTimeOffset now)
    {
        if (!IsAccepted || step <= Status || step > OrderStatus.InUse) return Verdict.Nothing;
        if (step == OrderStatus.InUse)
        {
            DeliveredAt = at.InMicroseconds();
            ReturnBy = DeliveredAt + Hours * hour;
        }

        Become(step, now);
        return Verdict.Done;
    }

    public Verdict Return(DateTimeOffset now)
    {
        if (Status == OrderStatus.Returned) return Verdict.Nothing;
        if (Status != OrderStatus.InUse) return Rules.OnlyCarsInUseAreReturned;
        Become(OrderStatus.Returned, now);
        return Verdict.Done;
    }

    /// <summary>Every hour begun behind the agreed time costs as much as any other.</summary>
    public (int Hours, decimal Fee) Lateness(DateTimeOffset now, TimeSpan hour)
    {
        if (ReturnBy is not { } due || now <= due) return (0, 0);
        var hours = (int)Math.Min(Math.Ceiling((now - due) / hour), MaxLateHours);
        return (hours, hours * HourlyRate.GetValueOrDefault() * Quantity);
    }

    /// <summary>The highest revision wins, whatever came first.</summary>
    public Verdict Reassign(IReadOnlyList<VehicleRef> vehicles, int revision)
    {
        if (revision <= Revision) return Verdict.Nothing;
        Vehicles = vehicles;
        Revision = revision;
        return Verdict.Done;
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
