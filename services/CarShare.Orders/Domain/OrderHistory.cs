using CarShare.Contracts;

namespace CarShare.Orders.Domain;

/// <summary>One transition; kept for ever.</summary>
public sealed class OrderHistory(Guid orderId, OrderStatus status, DateTimeOffset at, string? reason)
{
    public Guid OrderId { get; private init; } = orderId;
    public OrderStatus Status { get; private init; } = status;
    public DateTimeOffset At { get; private init; } = at;
    public string? Reason { get; private init; } = reason;

    /// <summary>Ascends with each transition, which times need not do.</summary>
    public long Number { get; private init; }
}
