using System.Globalization;
using CarShare.Contracts;

namespace CarShare.Notifications.Domain;

/// <summary>What customers are told about each change.</summary>
public static class Texts
{
    static readonly TimeSpan Seoul = TimeSpan.FromHours(9);

    public static Text Of(OrderEvent change) => change switch
    {
        OrderPlaced e => new(
            $"{e.ModelName} {e.Quantity}대 대여가 접수되었습니다. 이용 {e.Hours}시간, 결제 금액 {Won(e.Amount)}"
                + $"{Cars(", 차량 ", e.Vehicles, " 외 {0}대")}.",
            $"Your rental of {e.Quantity} x {e.ModelName} for {Count(e.Hours, "hour")} is accepted. "
                + $"Paid: {Krw(e.Amount)}{Cars(", car: ", e.Vehicles, " and {0} more")}."),
        OrderAwaitingPayment e => new(
            $"결제를 기다리고 있습니다. {Time(e.ExpiresAt)}까지 {Won(e.Amount)}을 결제하지 않으면 주문이 취소됩니다.",
            $"Your order waits for its payment of {Krw(e.Amount)}. "
                + $"It is cancelled if unpaid at {Time(e.ExpiresAt)} (KST)."),
        OrderRejected => new(
            "주문을 접수하지 못했습니다. 결제된 금액은 없거나 전액 환불됩니다.",
            "Your order could not be accepted. You are not charged; anything already paid is refunded."),
        OrderCancelled e => Cancelled(e.Reason),
        OrderReturned { LateHours: > 0 } e => new(
            $"차량이 {e.Location}에 반납되었습니다. {e.LateHours}시간 늦어 연체료 {Won(e.LateFee)}이 부과됩니다.",
            $"The car is returned at {e.Location}, {Count(e.LateHours, "hour")} late. "
                + $"The late fee is {Krw(e.LateFee)}."),
        OrderReturned e => new(
            $"차량이 {e.Location}에 반납되었습니다. 이용해 주셔서 감사합니다.",
            $"The car is returned at {e.Location}. Thank you for driving with us."),
        _ => throw Unknown(change),
    };

    public static Text Of(PaymentEvent change) => change switch
    {
        PaymentApproved e => new($"예치금에서 {Won(e.Amount)}이 결제되었습니다.", $"{Krw(e.Amount)} was paid from your deposit."),
        PaymentDeclined e => new(
            $"{Won(e.Amount)} 결제가 거절되었습니다. 예치금 잔액을 확인해 주세요.",
            $"The payment of {Krw(e.Amount)} was declined. Please check your deposit."),
        PaymentRefunded e => new($"{Won(e.Amount)}이 예치금으로 환불되었습니다.", $"{Krw(e.Amount)} was refunded to your deposit."),
        UsageBilled { Owed: > 0 } e => new(
            $"반납이 {e.LateHours}시간 늦어 {Won(e.Amount)}이 청구되었습니다. 미납금은 {Won(e.Owed)}입니다.",
            $"{Krw(e.Amount)} was billed for {Count(e.LateHours, "hour")} of delay. You owe {Krw(e.Owed)}."),
        UsageBilled e => new(
            $"반납이 {e.LateHours}시간 늦어 {Won(e.Amount)}이 청구되었습니다.",
            $"{Krw(e.Amount)} was billed for {Count(e.LateHours, "hour")} of delay."),
        _ => throw Unknown(change),
    };

    public static Text Of(DepositCredited e) => new(
        $"예치금 {Won(e.Amount)}이 충전되었습니다. 잔액은 {Won(e.Balance)}입니다.",
        $"{Krw(e.Amount)} was added to your deposit. The balance is {Krw(e.Balance)}.");

    public static Text Of(DeliveryEvent change) => change switch
    {
        DeliveryPreparing e => new(
            $"차량을 준비하고 있습니다{Cars(": ", e.Vehicles, " 외 {0}대")}.",
            $"Your car is being prepared{Cars(": ", e.Vehicles, " and {0} more")}."),
        DeliveryDispatched e => new($"차량이 {e.Address}(으)로 출발했습니다.", $"Your car is on its way to {e.Address}."),
        DeliveryDelivered e => new(
            $"차량이 {e.Address}에 도착했습니다. 안전 운전하세요.", $"Your car has arrived at {e.Address}. Drive safely."),
        DeliveryCancelled => new("차량 배송이 취소되었습니다.", "The delivery of your car is cancelled."),
        DeliveryRetrieving => new("차량을 회수하러 갑니다.", "We are on our way to retrieve the car."),
        DeliveryRetrieved => new("차량 회수가 완료되었습니다.", "The car has been retrieved."),
        _ => throw Unknown(change),
    };

    public static Text Of(Replacement e) => new(
        $"차량이 교체되었습니다{Cars(": ", e.Vehicles, " 외 {0}대")}.",
        $"Another car takes over{Cars(": ", e.Vehicles, " and {0} more")}.");

    static Text Cancelled(CancelReason reason) => reason switch
    {
        CancelReason.Customer => new("요청하신 대로 주문이 취소되었습니다.", "Your order is cancelled as you asked."),
        CancelReason.Operator => new("운영자가 주문을 취소했습니다.", "Our staff cancelled your order."),
        CancelReason.PaymentExpired => new(
            "결제 기한이 지나 주문이 취소되었습니다.", "Your order is cancelled because it was not paid in time."),
        CancelReason.StockShortage => new(
            "차량이 부족하여 주문이 취소되었습니다. 결제 금액은 환불됩니다.",
            "Your order is cancelled because no car is left for it. Your payment is refunded."),
        _ => new("주문이 완료되지 않아 취소되었습니다.", "Your order was not completed and is cancelled."),
    };

    static string Won(decimal amount) => amount.ToString("N0", CultureInfo.InvariantCulture) + "원";

    static string Krw(decimal amount) => "KRW " + amount.ToString("N0", CultureInfo.InvariantCulture);

    static string Time(DateTimeOffset at) =>
        at.ToOffset(Seoul).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    static string Count(int number, string unit) => number == 1 ? $"1 {unit}" : $"{number} {unit}s";

    static string Cars(string before, IReadOnlyList<VehicleRef> vehicles, string more) => vehicles switch
    {
        [] => "",
        [var only] => before + only.Plate,
        [var first, ..] => before + first.Plate + string.Format(CultureInfo.InvariantCulture, more, vehicles.Count - 1),
    };

    static ArgumentException Unknown(object change) =>
        new($"There is no text for {change.GetType().Name}.", nameof(change));
}
