using CarShare.Contracts;

namespace CarShare.LoadTests.Checking;

/// <summary>Everything all stores say about one order.</summary>
sealed record Dossier(
    Guid OrderId, OrderRow? Order, PaymentRow? Payment, IReadOnlyList<LedgerRow> Ledger, DeliveryRow? Delivery,
    StockRow? Stock, IReadOnlyList<HeldCar> Held, IReadOnlyList<Guid> OpenReservations,
    IReadOnlyList<EventRow> Events, IReadOnlyList<NotificationRow> Notifications)
{
    /// <summary>As the customer page stores it.</summary>
    public CustomerPageDto? Page { get; set; }

    /// <summary>True when the list of the customer's pages names it.</summary>
    public bool IsListed { get; set; }

    public bool IsAccepted => Order?.Status is OrderStatus.Placed or OrderStatus.Preparing or OrderStatus.Dispatched
        or OrderStatus.InUse or OrderStatus.Returned;

    public bool HasEnded => Order?.Status is OrderStatus.Rejected or OrderStatus.Cancelled or OrderStatus.Returned;

    public bool Has(string eventType) => Events.Any(e => e.Type == eventType);
}

sealed record OrderRow(
    string Customer, OrderStatus Status, Guid Product, string? ModelName, int Quantity, int Hours, decimal? Rate,
    decimal? Amount, Guid? PaymentId, Guid[] Cars, DateTime? DeliveredAt, DateTime? ReturnBy,
    string Address);

sealed record PaymentRow(Guid? PaymentId, string? Customer, decimal? Amount, PaymentStatus? Status, decimal? LateFee);

sealed record LedgerRow(LedgerEntryKind Kind, decimal Amount, string Customer);

sealed record DeliveryRow(
    Guid? DeliveryId, string? Customer, DeliveryStatus? Status, Guid[] Cars, DateTime? DeliveredAt);

sealed record StockRow(int Revision, bool IsClosed);

sealed record HeldCar(Guid VehicleId, VehicleState State);

/// <summary>A row of an outbox.</summary>
/// <param name="LateFee">Of <c>order.returned</c> only.</param>
/// <param name="Revision">Of the cars, in <c>order.placed</c> and <c>vehicle.reassigned</c> only.</param>
sealed record EventRow(Guid Id, string Type, decimal? LateFee, int? Revision)
{
    /// <summary><c>carshare.order.placed.v1</c> is <c>order.placed</c>.</summary>
    public string Kind => Type[(Type.IndexOf('.') + 1)..Type.LastIndexOf('.')];
}

sealed record NotificationRow(Guid Id, string Kind);
