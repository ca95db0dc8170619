namespace CarShare.Web.Api;

// What the pages read of the public API's answers. A state is text here: one that is newer than this page is shown as
// it is
// written instead of breaking the page. A member that may be missing is null.

public sealed record Paged<T>(IReadOnlyList<T> Items, string? Next)
{
    public static Paged<T> Empty { get; } = new([], null);
}

public sealed record Product(Guid ProductId, string ModelName, decimal HourlyRate, string Location, int Total,
    int Available);

public sealed record Vehicle(Guid VehicleId, string Plate, Guid ProductId, string Location, string State,
    Guid? OrderId);

public sealed record VehicleRef(Guid VehicleId, string Plate, string? Location);

public sealed record Step(string Status, DateTimeOffset At, string? Reason);

public sealed record Contact(string? Name, string? Phone, string? Email);

public sealed record Order(
    Guid OrderId, string CustomerId, Guid ProductId, string? ModelName, int Quantity, int Hours, string DeliveryAddress,
    decimal? HourlyRate, decimal? Amount, DateTimeOffset? DeliveredAt, DateTimeOffset? ReturnBy, string Status,
        string? Reason,
    DateTimeOffset? ExpiresAt, IReadOnlyList<VehicleRef>? Vehicles, IReadOnlyList<Step>? History);

public sealed record Deposit(string CustomerId, decimal Balance, decimal Owed);

public sealed record LedgerEntry(Guid EntryId, string Kind, decimal Amount, decimal BalanceAfter, Guid? OrderId,
    DateTimeOffset At);

public sealed record Delivery(
    Guid DeliveryId, Guid OrderId, string CustomerId, string Address, IReadOnlyList<VehicleRef>? Vehicles,
        string Status,
    IReadOnlyList<Step>? History);

public sealed record TimelineEntry(DateTimeOffset At, string Event, string? Text);

public sealed record Rental(
    Guid OrderId, string CustomerId, string? OrderStatus, string? Reason, string? PaymentStatus, string? DeliveryStatus,
    Guid? ProductId, string? ModelName, int? Quantity, int? Hours, decimal? HourlyRate, decimal? Amount,
        string? DeliveryAddress,
    Contact? Contact, IReadOnlyList<VehicleRef>? Vehicles, DateTimeOffset? DeliveredAt, DateTimeOffset? ReturnBy,
    DateTimeOffset? ReturnedAt, decimal? Refunded, int? LateHours, decimal? LateFee, decimal? Owed, string? Shipper,
    int? RemainingStock, IReadOnlyList<TimelineEntry>? Timeline, DateTimeOffset? ExpiresAt);

public sealed record Channel(string Name, string Status, int Attempts);

public sealed record Message(
    Guid NotificationId, Guid? OrderId, string Kind, string? Language, string Text, DateTimeOffset CreatedAt,
    IReadOnlyList<Channel>? Channels);

public sealed record Customer(
    string CustomerId, Contact? Contact, decimal? Balance, decimal? Owed, IReadOnlyList<Rental>? Open,
    IReadOnlyList<Rental>? Past);

public sealed record DeadLetter(
    string Id, string Service, string? Type, string? Topic, string? Key, string? Error, DateTimeOffset? ParkedAt);

/// <param name="Unavailable">The services that could not be asked.</param>
public sealed record DeadLetters(IReadOnlyList<DeadLetter> Items, string? Next, IReadOnlyList<string>? Unavailable);

/// <param name="Since">When the gateway began to count.</param>
/// <param name="Unavailable">The services that could not be asked.</param>
public sealed record SystemOverview(
    DateTimeOffset Since, IReadOnlyList<OrdersOfMinute> PerMinute, IReadOnlyList<Dispatches> UntilDispatch,
    IReadOnlyList<ServiceNumbers> Services, IReadOnlyList<string> Unavailable);

public sealed record OrdersOfMinute(
    DateTimeOffset At, long Placed, long AwaitingPayment, long Rejected, long Cancelled);

public sealed record Dispatches(double? WithinSeconds, long Orders);

public sealed record ServiceNumbers(string Service, long Lag, long Unsent, double OutboxAgeSeconds, long DeadLetters);

public sealed record Redriven(int Failed);
