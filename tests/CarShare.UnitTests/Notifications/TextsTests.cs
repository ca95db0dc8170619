using CarShare.Contracts;
using CarShare.Notifications.Domain;

namespace CarShare.UnitTests.Notifications;

public sealed class TextsTests
{
    static readonly Guid Id = Guid.CreateVersion7();
    static readonly DateTimeOffset At = new(2030, 12, 31, 16, 30, 0, TimeSpan.Zero);
    static readonly VehicleRef Car = new(Id, "12가3456");

    [Fact]
    public void Amounts_carry_thousands_separators_and_their_currency()
    {
        var text = Texts.Of(new PaymentApproved(Id, "alice", At, Id, 1_234_000));

        Assert.Contains("1,234,000원", text.Korean);
        Assert.Contains("KRW 1,234,000", text.English);
    }

    [Fact] // C35: around New Year
    public void Times_are_told_in_the_customers_zone()
    {
        var text = Texts.Of(new OrderAwaitingPayment(Id, "alice", At, 24_000, At, Id, 1));

        Assert.Contains("2031-01-01 01:30", text.Korean);
        Assert.Contains("2031-01-01 01:30 (KST)", text.English);
    }

    [Fact]
    public void Several_cars_are_told_by_the_first_and_their_number()
    {
        var text = Texts.Of(
            new OrderPlaced(Id, "alice", At, Id, "Ioniq 5", 3, [Car, Car, Car], 1, 1, 8_000, 24_000, Id, "Seoul"));

        Assert.Equal("Ioniq 5 3대 대여가 접수되었습니다. 이용 1시간, 결제 금액 24,000원, 차량 12가3456 외 2대.", text.Korean);
        Assert.Equal("Your rental of 3 x Ioniq 5 for 1 hour is accepted. Paid: KRW 24,000, car: 12가3456 and 2 more.",
            text.English);
    }

    [Fact]
    public void Every_reason_to_cancel_has_a_text_of_its_own()
    {
        var texts = Enum.GetValues<CancelReason>()
            .Select(reason => Texts.Of(new OrderCancelled(Id, "alice", At, reason, Id, 1))).ToList();

        Assert.Equal(texts.Count, texts.Select(text => text.Korean).Distinct().Count());
        Assert.Equal(texts.Count, texts.Select(text => text.English).Distinct().Count());
    }

    [Fact] // F12: an event type added to the contracts needs a text, or is named here as no change of a rental
    public void Every_change_of_an_order_payment_or_delivery_has_a_text()
    {
        OrderEvent[] orders =
        [
            new OrderPlaced(Id, "alice", At, Id, "Ioniq 5", 1, [], 1, 2, 1, 2, Id, "Seoul"), new OrderAwaitingPayment(
                Id, "alice", At, 1, At, Id, 1),
            new OrderRejected(Id, "alice", At, "out-of-stock", Id, 1), new OrderCancelled(
                Id, "alice", At, CancelReason.Customer, Id, 1), new OrderReturned(Id, "alice", At, At, "Busan", 2, 5),
        ];
        PaymentEvent[] payments =
        [
            new PaymentApproved(Id, "alice", At, Id, 1), new PaymentDeclined(Id, "alice", At, 1, "balance"),
            new PaymentRefunded(Id, "alice", At, Id, 1), new UsageBilled(Id, "alice", At, 1, 1, 1),
        ];
        DeliveryEvent[] deliveries =
        [
            new DeliveryPreparing(Id, "alice", At, Id, "Seoul", [Car], At),
            new DeliveryDispatched(Id, "alice", At, Id, "Seoul", [Car], At),
            new DeliveryDelivered(Id, "alice", At, Id, "Seoul", [Car], At),
            new DeliveryCancelled(Id, "alice", At, Id, "Seoul", [Car], At),
            new DeliveryRetrieving(Id, "alice", At, Id, "Seoul", [Car], At),
            new DeliveryRetrieved(Id, "alice", At, Id, "Seoul", [Car], At),
        ];
        List<Text> texts = [.. orders.Select(Texts.Of), .. payments.Select(Texts.Of), .. deliveries.Select(
            Texts.Of), Texts.Of(new DepositCredited("alice", At, 1, 1))];

        Assert.All(texts, text => Assert.True(text is { Korean.Length: > 5 and < 500, English.Length: > 5 and < 500 }));
        var told = orders.Cast<object>().Concat(payments).Concat(deliveries)
            .Append(new DepositCredited("alice", At, 1, 1)).Select(e => e.GetType());
        Type[] untold = [
            typeof(OrderProgressed), typeof(ProductRegistered), typeof(ProductChanged), typeof(StockShortage),
            typeof(VehicleReassigned),
        ];
        var all = typeof(IEvent).Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IEvent)));
        Assert.Equal(all.Select(t => t.Name).Order(), told.Concat(untold).Select(t => t.Name).Order());
    }
}
