using CarShare.Contracts;
using CarShare.Notifications.Domain;

namespace CarShare.UnitTests.Notifications;

/// <summary>What customers read, word for word: a number or a unit that is lost on the way shows here.</summary>
public sealed class WordingTests
{
    static readonly Guid Id = Guid.CreateVersion7();
    static readonly DateTimeOffset At = new(2030, 5, 1, 3, 0, 0, TimeSpan.Zero);
    static readonly VehicleRef Car = new(Id, "12가3456"), Other = new(Guid.CreateVersion7(), "34나5678");

    public static TheoryData<OrderEvent, string, string> Orders => new()
    {
        {
            new OrderPlaced(Id, "alice", At, Id, "Ioniq 5", 1, [], 1, 3, 8_000, 24_000, Id, "Seoul"),
            "Ioniq 5 1대 대여가 접수되었습니다. 이용 3시간, 결제 금액 24,000원.",
            "Your rental of 1 x Ioniq 5 for 3 hours is accepted. Paid: KRW 24,000."
        },
        {
            new OrderAwaitingPayment(Id, "alice", At, 24_000, At, Id, 1),
            "결제를 기다리고 있습니다. 2030-05-01 12:00까지 24,000원을 결제하지 않으면 주문이 취소됩니다.",
            "Your order waits for its payment of KRW 24,000. It is cancelled if unpaid at 2030-05-01 12:00 (KST)."
        },
        {
            new OrderRejected(Id, "alice", At, "out-of-stock", Id, 1),
            "주문을 접수하지 못했습니다. 결제된 금액은 없거나 전액 환불됩니다.",
            "Your order could not be accepted. You are not charged; anything already paid is refunded."
        },
        {
            new OrderReturned(Id, "alice", At, At, "Jeju", 0, 0),
            "차량이 Jeju에 반납되었습니다. 이용해 주셔서 감사합니다.",
            "The car is returned at Jeju. Thank you for driving with us."
        },
        {
            new OrderReturned(Id, "alice", At, At, "Jeju", 1, 8_000),
            "차량이 Jeju에 반납되었습니다. 1시간 늦어 연체료 8,000원이 부과됩니다.",
            "The car is returned at Jeju, 1 hour late. The late fee is KRW 8,000."
        },
        {
            new OrderReturned(Id, "alice", At, At, "Jeju", 2, 16_000),
            "차량이 Jeju에 반납되었습니다. 2시간 늦어 연체료 16,000원이 부과됩니다.",
            "The car is returned at Jeju, 2 hours late. The late fee is KRW 16,000."
        },
        { Cancelled(CancelReason.Customer), "요청하신 대로 주문이 취소되었습니다.", "Your order is cancelled as you asked." },
        { Cancelled(CancelReason.Operator), "운영자가 주문을 취소했습니다.", "Our staff cancelled your order." },
        {
            Cancelled(CancelReason.PaymentExpired), "결제 기한이 지나 주문이 취소되었습니다.",
            "Your order is cancelled because it was not paid in time."
        },
        {
            Cancelled(CancelReason.StockShortage), "차량이 부족하여 주문이 취소되었습니다. 결제 금액은 환불됩니다.",
            "Your order is cancelled because no car is left for it. Your payment is refunded."
        },
        {
            Cancelled(CancelReason.Abandoned), "주문이 완료되지 않아 취소되었습니다.",
            "Your order was not completed and is cancelled."
        },
    };

    [Theory]
    [MemberData(nameof(Orders))]
    public void Of_an_order(OrderEvent change, string korean, string english) =>
        Assert.Equal((korean, english), (Texts.Of(change).Korean, Texts.Of(change).English));

    public static TheoryData<PaymentEvent, string, string> Payments => new()
    {
        {
            new PaymentApproved(Id, "alice", At, Id, 24_000), "예치금에서 24,000원이 결제되었습니다.",
            "KRW 24,000 was paid from your deposit."
        },
        {
            new PaymentDeclined(Id, "alice", At, 24_000, "balance"),
            "24,000원 결제가 거절되었습니다. 예치금 잔액을 확인해 주세요.",
            "The payment of KRW 24,000 was declined. Please check your deposit."
        },
        {
            new PaymentRefunded(Id, "alice", At, Id, 24_000), "24,000원이 예치금으로 환불되었습니다.",
            "KRW 24,000 was refunded to your deposit."
        },
        {
            new UsageBilled(Id, "alice", At, 16_000, 2, 0), "반납이 2시간 늦어 16,000원이 청구되었습니다.",
            "KRW 16,000 was billed for 2 hours of delay."
        },
        {
            new UsageBilled(Id, "alice", At, 16_000, 2, 5_000),
            "반납이 2시간 늦어 16,000원이 청구되었습니다. 미납금은 5,000원입니다.",
            "KRW 16,000 was billed for 2 hours of delay. You owe KRW 5,000."
        },
    };

    [Theory]
    [MemberData(nameof(Payments))]
    public void Of_a_payment(PaymentEvent change, string korean, string english) =>
        Assert.Equal((korean, english), (Texts.Of(change).Korean, Texts.Of(change).English));

    public static TheoryData<DeliveryEvent, string, string> Deliveries => new()
    {
        {
            new DeliveryPreparing(Id, "alice", At, Id, "Seoul", [], At), "차량을 준비하고 있습니다.",
            "Your car is being prepared."
        },
        {
            new DeliveryPreparing(Id, "alice", At, Id, "Seoul", [Car, Other], At),
            "차량을 준비하고 있습니다: 12가3456 외 1대.", "Your car is being prepared: 12가3456 and 1 more."
        },
        {
            new DeliveryDispatched(Id, "alice", At, Id, "Seoul", [Car], At), "차량이 Seoul(으)로 출발했습니다.",
            "Your car is on its way to Seoul."
        },
        {
            new DeliveryDelivered(Id, "alice", At, Id, "Seoul", [Car], At),
            "차량이 Seoul에 도착했습니다. 안전 운전하세요.", "Your car has arrived at Seoul. Drive safely."
        },
        {
            new DeliveryCancelled(Id, "alice", At, Id, "Seoul", [Car], At), "차량 배송이 취소되었습니다.",
            "The delivery of your car is cancelled."
        },
        {
            new DeliveryRetrieving(Id, "alice", At, Id, "Seoul", [Car], At), "차량을 회수하러 갑니다.",
            "We are on our way to retrieve the car."
        },
        {
            new DeliveryRetrieved(Id, "alice", At, Id, "Seoul", [Car], At), "차량 회수가 완료되었습니다.",
            "The car has been retrieved."
        },
    };

    [Theory]
    [MemberData(nameof(Deliveries))]
    public void Of_a_delivery(DeliveryEvent change, string korean, string english) =>
        Assert.Equal((korean, english), (Texts.Of(change).Korean, Texts.Of(change).English));

    [Fact]
    public void Of_a_deposit_and_of_other_cars()
    {
        var deposit = Texts.Of(new DepositCredited("alice", At, 1_000, 5_000));
        Assert.Equal("예치금 1,000원이 충전되었습니다. 잔액은 5,000원입니다.", deposit.Korean);
        Assert.Equal("KRW 1,000 was added to your deposit. The balance is KRW 5,000.", deposit.English);

        var one = Texts.Of(new Replacement(Id, At, 2, [Other]));
        Assert.Equal("차량이 교체되었습니다: 34나5678.", one.Korean);
        Assert.Equal("Another car takes over: 34나5678.", one.English);
        var two = Texts.Of(new Replacement(Id, At, 2, [Other, Car]));
        Assert.Equal("차량이 교체되었습니다: 34나5678 외 1대.", two.Korean);
        Assert.Equal("Another car takes over: 34나5678 and 1 more.", two.English);
    }

    static OrderCancelled Cancelled(CancelReason reason) => new(Id, "alice", At, reason, Id, 1);
}
