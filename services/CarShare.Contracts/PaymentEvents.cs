using System.Text.Json.Serialization;

namespace CarShare.Contracts;

/// <summary>
/// Published by payments. Keyed by the order, except a top-up, which belongs to the customer alone. <c>Balance</c> and
/// <c>Owed</c> are the customer's afterwards; the highest sequence is the latest, and payments approved behind it have
/// taken their amount from it.
/// </summary>
public abstract record PaymentEvent(Guid OrderId, string CustomerId, DateTimeOffset OccurredAt)
{
    public static string Topic => Topics.Payments;

    [JsonIgnore]
    public string Key => OrderId.ToString();
}

public sealed record PaymentApproved(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, Guid PaymentId, decimal Amount)
    : PaymentEvent(OrderId, CustomerId, OccurredAt), IEvent
{
    public static string Type => "carshare.payment.approved.v1";
}

public sealed record PaymentDeclined(Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, decimal Amount,
    string Reason)
    : PaymentEvent(OrderId, CustomerId, OccurredAt), IEvent
{
    public static string Type => "carshare.payment.declined.v1";
}

public sealed record PaymentRefunded(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, Guid PaymentId, decimal Amount, decimal? Balance = null,
    decimal? Owed = null)
    : PaymentEvent(OrderId, CustomerId, OccurredAt), IEvent
{
    public static string Type => "carshare.payment.refunded.v1";
}

public sealed record UsageBilled(
    Guid OrderId, string CustomerId, DateTimeOffset OccurredAt, decimal Amount, int LateHours, decimal Owed,
    decimal? Balance = null)
    : PaymentEvent(OrderId, CustomerId, OccurredAt), IEvent
{
    public static string Type => "carshare.usage.billed.v1";
}

public sealed record DepositCredited(
    string CustomerId, DateTimeOffset OccurredAt, decimal Amount, decimal Balance, decimal? Owed = null) : IEvent
{
    public static string Type => "carshare.deposit.credited.v1";
    public static string Topic => Topics.Payments;

    [JsonIgnore]
    public string Key => CustomerId;
}
