using System.Globalization;
using CarShare.Contracts;

namespace CarShare.CustomerPages.Domain;

/// <summary>An event in plain words, for a line of the timeline.</summary>
static class Sentences
{
    public static string Of(OrderEvent e) => e switch
    {
        OrderPlaced placed => $"Rental accepted: {placed.Quantity} x {placed.ModelName} for {Hours(placed.Hours)}.",
        OrderAwaitingPayment waiting => $"Waiting for the payment of {Krw(waiting.Amount)}.",
        OrderProgressed { Status: OrderStatus.Preparing } => "The car is being prepared.",
        OrderProgressed { Status: OrderStatus.Dispatched } => "The car is on its way.",
        OrderProgressed { Status: OrderStatus.InUse } => "The rental has begun.",
        OrderProgressed progressed => $"The rental is {progressed.Status}.",
        OrderRejected { Reason: "payment-declined" } => "Not accepted: the deposit does not cover it.",
        OrderRejected { Reason: "out-of-stock" } => "Not accepted: no car was left.",
        OrderRejected => "Not accepted.",
        OrderCancelled cancelled => cancelled.Reason switch
        {
            CancelReason.Customer => "Cancelled by the customer.",
            CancelReason.Operator => "Cancelled by the company.",
            CancelReason.PaymentExpired => "Cancelled: it was not paid in time.",
            CancelReason.StockShortage => "Cancelled: no car is left for it.",
            _ => "Cancelled: it was not completed.",
        },
        OrderReturned { LateHours: > 0 } late => $"Returned at {late.Location}, {Hours(late.LateHours)} late.",
        OrderReturned returned => $"Returned at {returned.Location}.",
        _ => "",
    };

    public static string Of(PaymentEvent e) => e switch
    {
        PaymentApproved approved => $"{Krw(approved.Amount)} paid from the deposit.",
        PaymentDeclined declined => $"Payment of {Krw(declined.Amount)} declined.",
        PaymentRefunded refunded => $"{Krw(refunded.Amount)} refunded to the deposit.",
        UsageBilled { Owed: > 0 } billed =>
            $"{Krw(billed.Amount)} billed for {Hours(billed.LateHours)} of delay; {Krw(billed.Owed)} is owed.",
        UsageBilled billed => $"{Krw(billed.Amount)} billed for {Hours(billed.LateHours)} of delay.",
        _ => "",
    };

    public static string Of(DeliveryEvent e) => e switch
    {
        DeliveryPreparing => "Delivery is being prepared.",
        DeliveryDispatched { Shipper: { } shipper } => $"{shipper} is bringing the car to {e.Address}.",
        DeliveryDispatched => $"The car left for {e.Address}.",
        DeliveryDelivered => $"The car was handed over at {e.Address}.",
        DeliveryCancelled => "Delivery cancelled.",
        DeliveryRetrieving => "The car is being fetched back.",
        DeliveryRetrieved => "The car was fetched back.",
        _ => "",
    };

    public static string Of(VehicleReassigned e) => e.Vehicles is { Count: > 0 } cars
        ? $"Another car takes over: {string.Join(", ", cars.Select(car => car.Plate))}."
        : "Another car takes over.";

    public static string Of(StockShortage _) => "A car broke down and none can replace it.";

    static string Krw(decimal amount) => "KRW " + amount.ToString("N0", CultureInfo.InvariantCulture);

    static string Hours(int hours) => hours == 1 ? "1 hour" : $"{hours} hours";
}
