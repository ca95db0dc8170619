namespace CarShare.Contracts;

public enum OrderStatus { Pending, AwaitingPayment, Placed, Preparing, Dispatched, InUse, Returned, Cancelled, Rejected }

public enum CancelReason { Customer, Operator, PaymentExpired, StockShortage, Abandoned }

public enum PaymentStatus { Approved, Declined, Refunded }

public enum LedgerEntryKind { TopUp, Payment, Refund, LateFee }

public enum DeliveryStatus { Preparing, Dispatched, Delivered, Cancelled, Retrieving, Retrieved }

public enum VehicleState { Available, InUse, Defective }
