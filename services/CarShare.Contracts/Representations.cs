namespace CarShare.Contracts;

// What the public routes answer. A member that may be null is null until it is known.

public sealed record VehicleRef(Guid VehicleId, string Plate);

public sealed record ProductDto(Guid ProductId, string ModelName, decimal HourlyRate, string Location, int Total, int Available);

public sealed record VehicleDto(Guid VehicleId, string Plate, Guid ProductId, string Location, VehicleState State, Guid? OrderId);

public sealed record OrderHistoryDto(OrderStatus Status, DateTimeOffset At, string? Reason);

public sealed record OrderDto(
    Guid OrderId, string CustomerId, Guid ProductId, string? ModelName, int Quantity, int Hours, string DeliveryAddress, decimal? HourlyRate, decimal? Amount,
    DateTimeOffset? DeliveredAt, DateTimeOffset? ReturnBy, OrderStatus Status, string? Reason, DateTimeOffset? ExpiresAt,
    IReadOnlyList<VehicleRef> Vehicles, IReadOnlyList<OrderHistoryDto> History);

public sealed record PaymentDto(
    Guid PaymentId, Guid OrderId, string CustomerId, decimal Amount, PaymentStatus Status, decimal? LateFee, DateTimeOffset CreatedAt, DateTimeOffset? RefundedAt);

public sealed record DepositDto(string CustomerId, decimal Balance, decimal Owed);

public sealed record LedgerEntryDto(Guid EntryId, LedgerEntryKind Kind, decimal Amount, decimal BalanceAfter, Guid? OrderId, DateTimeOffset At);

public sealed record DeliveryHistoryDto(DeliveryStatus Status, DateTimeOffset At);

public sealed record DeliveryDto(
    Guid DeliveryId, Guid OrderId, string CustomerId, string Address, IReadOnlyList<VehicleRef> Vehicles, DeliveryStatus Status,
    IReadOnlyList<DeliveryHistoryDto> History);

public sealed record TimelineEntryDto(DateTimeOffset At, string Event);

public sealed record CustomerPageDto(
    Guid OrderId, string CustomerId, OrderStatus? OrderStatus, PaymentStatus? PaymentStatus, DeliveryStatus? DeliveryStatus, Guid? ProductId, string? ModelName,
    int? Quantity, decimal? Amount, IReadOnlyList<VehicleRef> Vehicles, DateTimeOffset? DeliveredAt, DateTimeOffset? ReturnBy, int? RemainingStock,
    IReadOnlyList<TimelineEntryDto> Timeline);

public sealed record NotificationChannelDto(string Name, string Status, int Attempts);

public sealed record NotificationDto(
    Guid NotificationId, Guid? OrderId, string Kind, string Language, string Text, DateTimeOffset CreatedAt, IReadOnlyList<NotificationChannelDto> Channels);
