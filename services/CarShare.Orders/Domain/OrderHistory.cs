using CarShare.Contracts;

namespace CarShare.Orders.Domain;

/// <summary>One transition; kept for ever, in the order they were made, which times need not show.</summary>
public sealed record OrderHistory(OrderStatus Status, DateTimeOffset At, string? Reason);
