namespace CarShare.Contracts;

public enum OrderStatus
{
    Pending, AwaitingPayment, Placed, Preparing, Dispatched, InUse, Returned, Cancelled,
    Rejected
}

public enum CancelReason { Customer, Operator, PaymentExpired, StockShortage, Abandoned }

public enum PaymentStatus { Approved, Declined, Refunded }

public enum LedgerEntryKind { TopUp, Payment, Refund, LateFee }

public enum DeliveryStatus { Preparing, Dispatched, Delivered, Cancelled, Retrieving, Retrieved }

/// <summary>
/// A car as shown: Reserved is held by an order and not handed over yet, Retired is out of the fleet for good.
/// </summary>
public enum VehicleState { Available, Reserved, InUse, Defective, Retired }
