using System.Text.Json.Serialization;

namespace CarShare.Contracts;

// What the public routes answer. A member that may be null is null until it is known.

/// <param name="VehicleId">The car.</param>
/// <param name="Plate">Its number plate.</param>
/// <param name="Location">Where it stood when this was said.</param>
public sealed record VehicleRef(
    Guid VehicleId, string Plate,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Location = null);

/// <summary>How the customer of an order is reached: by phone, and by mail if they gave an address.</summary>
public sealed record Contact(string Name, string Phone, string? Email = null);

public sealed record ProductDto(Guid ProductId, string ModelName, decimal HourlyRate, string Location, int Total,
    int Available);

public sealed record VehicleDto(Guid VehicleId, string Plate, Guid ProductId, string Location, VehicleState State,
    Guid? OrderId);

public sealed record OrderHistoryDto(OrderStatus Status, DateTimeOffset At, string? Reason);

public sealed record OrderDto(
    Guid OrderId, string CustomerId, Guid ProductId, string? ModelName, int Quantity, int Hours, string DeliveryAddress,
    decimal? HourlyRate, decimal? Amount, DateTimeOffset? DeliveredAt, DateTimeOffset? ReturnBy, OrderStatus Status,
    string? Reason, DateTimeOffset? ExpiresAt, IReadOnlyList<VehicleRef> Vehicles,
        IReadOnlyList<OrderHistoryDto> History,
    Contact? Contact = null);

public sealed record PaymentDto(
    Guid PaymentId, Guid OrderId, string CustomerId, decimal Amount, PaymentStatus Status, decimal? LateFee,
    DateTimeOffset CreatedAt, DateTimeOffset? RefundedAt);

public sealed record DepositDto(string CustomerId, decimal Balance, decimal Owed);

public sealed record LedgerEntryDto(Guid EntryId, LedgerEntryKind Kind, decimal Amount, decimal BalanceAfter,
    Guid? OrderId, DateTimeOffset At);

public sealed record DeliveryHistoryDto(DeliveryStatus Status, DateTimeOffset At);

/// <param name="Shipper">Who brings the cars; null before they left.</param>
public sealed record DeliveryDto(
    Guid DeliveryId, Guid OrderId, string CustomerId, string Address, IReadOnlyList<VehicleRef> Vehicles,
    DeliveryStatus Status, IReadOnlyList<DeliveryHistoryDto> History, string? Shipper = null);

public sealed record TimelineEntryDto(DateTimeOffset At, string Event, string Text);

public sealed record CustomerPageDto(
    Guid OrderId, string CustomerId, OrderStatus OrderStatus, string? Reason, PaymentStatus? PaymentStatus,
    DeliveryStatus? DeliveryStatus, Guid? ProductId, string? ModelName, int? Quantity, int? Hours, decimal? HourlyRate,
    decimal? Amount, string? DeliveryAddress, Contact? Contact, IReadOnlyList<VehicleRef> Vehicles,
    DateTimeOffset? DeliveredAt, DateTimeOffset? ReturnBy, DateTimeOffset? ReturnedAt, decimal? Refunded,
        int? LateHours,
    decimal? LateFee, decimal? Owed, string? Shipper, int? RemainingStock, IReadOnlyList<TimelineEntryDto> Timeline);

/// <summary>Somebody who rented, as the pages know them.</summary>
/// <param name="CustomerId">The customer.</param>
/// <param name="Contact">As given with their latest order.</param>
/// <param name="Balance">Of the deposit; null while no payment event told it.</param>
/// <param name="Owed">Of late fees; null while no payment event told it.</param>
public sealed record CustomerDto(string CustomerId, Contact? Contact, decimal? Balance, decimal? Owed);

/// <inheritdoc cref="CustomerDto"/>
/// <param name="Open">Rentals that are not over, newest first.</param>
/// <param name="Past">The newest of those that are over.</param>
public sealed record CustomerDetailDto(
    string CustomerId, Contact? Contact, decimal? Balance, decimal? Owed, IReadOnlyList<CustomerPageDto> Open,
    IReadOnlyList<CustomerPageDto> Past);

public sealed record NotificationChannelDto(string Name, string Status, int Attempts);

public sealed record NotificationDto(
    Guid NotificationId, Guid? OrderId, string Kind, string Language, string Text, DateTimeOffset CreatedAt,
    IReadOnlyList<NotificationChannelDto> Channels);
