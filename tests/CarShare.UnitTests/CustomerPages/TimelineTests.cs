using CarShare.Contracts;
using CarShare.CustomerPages.Domain;

namespace CarShare.UnitTests.CustomerPages;

/// <summary>What a line of the timeline says, word for word.</summary>
public sealed class TimelineTests
{
    static readonly Guid Id = Guid.CreateVersion7();
    static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly VehicleRef Car = new(Id, "12가3456"), Other = new(Guid.CreateVersion7(), "34나5678");

    public static TheoryData<OrderEvent, string> Orders => new()
    {
        { Placed(hours: 1), "Rental accepted: 2 x Ray for 1 hour." },
        { Placed(hours: 3), "Rental accepted: 2 x Ray for 3 hours." },
        { new OrderAwaitingPayment(Id, "alice", Now, 24_000, Now, Id, 1), "Waiting for the payment of KRW 24,000." },
        { Progressed(OrderStatus.Preparing), "The car is being prepared." },
        { Progressed(OrderStatus.Dispatched), "The car is on its way." },
        { Progressed(OrderStatus.InUse), "The rental has begun." },
        { Progressed(OrderStatus.Placed), "The rental is Placed." },
        {
            new OrderRejected(Id, "alice", Now, "payment-declined", Id, 1),
            "Not accepted: the deposit does not cover it."
        },
        { new OrderRejected(Id, "alice", Now, "out-of-stock", Id, 1), "Not accepted: no car was left." },
        { new OrderRejected(Id, "alice", Now, "another", Id, 1), "Not accepted." },
        { Cancelled(CancelReason.Customer), "Cancelled by the customer." },
        { Cancelled(CancelReason.Operator), "Cancelled by the company." },
        { Cancelled(CancelReason.PaymentExpired), "Cancelled: it was not paid in time." },
        { Cancelled(CancelReason.StockShortage), "Cancelled: no car is left for it." },
        { Cancelled(CancelReason.Abandoned), "Cancelled: it was not completed." },
        { new OrderReturned(Id, "alice", Now, Now, "Ulsan", 0, 0), "Returned at Ulsan." },
        { new OrderReturned(Id, "alice", Now, Now, "Ulsan", 1, 8_000), "Returned at Ulsan, 1 hour late." },
        { new OrderReturned(Id, "alice", Now, Now, "Ulsan", 2, 16_000), "Returned at Ulsan, 2 hours late." },
    };

    [Theory]
    [MemberData(nameof(Orders))]
    public void Of_an_order(OrderEvent told, string line) => Assert.Equal(line, Projection.Of(told)!.Text);

    public static TheoryData<PaymentEvent, string> Payments => new()
    {
        { new PaymentApproved(Id, "alice", Now, Id, 24_000), "KRW 24,000 paid from the deposit." },
        { new PaymentDeclined(Id, "alice", Now, 24_000, "balance"), "Payment of KRW 24,000 declined." },
        { new PaymentRefunded(Id, "alice", Now, Id, 24_000), "KRW 24,000 refunded to the deposit." },
        { new UsageBilled(Id, "alice", Now, 16_000, 2, 0), "KRW 16,000 billed for 2 hours of delay." },
        {
            new UsageBilled(Id, "alice", Now, 16_000, 1, 5_000),
            "KRW 16,000 billed for 1 hour of delay; KRW 5,000 is owed."
        },
    };

    [Theory]
    [MemberData(nameof(Payments))]
    public void Of_a_payment(PaymentEvent told, string line) => Assert.Equal(line, Projection.Of(told)!.Text);

    public static TheoryData<DeliveryEvent, string> Deliveries => new()
    {
        { new DeliveryPreparing(Id, "alice", Now, Id, "Daegu", [Car], Now), "Delivery is being prepared." },
        { new DeliveryDispatched(Id, "alice", Now, Id, "Daegu", [Car], Now), "The car left for Daegu." },
        {
            new DeliveryDispatched(Id, "alice", Now, Id, "Daegu", [Car], Now, "Riders"),
            "Riders is bringing the car to Daegu."
        },
        { new DeliveryDelivered(Id, "alice", Now, Id, "Daegu", [Car], Now), "The car was handed over at Daegu." },
        { new DeliveryCancelled(Id, "alice", Now, Id, "Daegu", [Car], Now), "Delivery cancelled." },
        { new DeliveryRetrieving(Id, "alice", Now, Id, "Daegu", [Car], Now), "The car is being fetched back." },
        { new DeliveryRetrieved(Id, "alice", Now, Id, "Daegu", [Car], Now), "The car was fetched back." },
    };

    [Theory]
    [MemberData(nameof(Deliveries))]
    public void Of_a_delivery(DeliveryEvent told, string line) => Assert.Equal(line, Projection.Of(told)!.Text);

    [Fact]
    public void Of_other_cars()
    {
        Assert.Equal("Another car takes over.", Text([]));
        Assert.Equal("Another car takes over: 34나5678.", Text([Other]));
        Assert.Equal("Another car takes over: 34나5678, 12가3456.", Text([Other, Car]));
        Assert.Equal("A car broke down and none can replace it.",
            Projection.Of(new StockShortage(Id, Now, Id, Id, 1)).Text);

        static string Text(VehicleRef[] cars) => Projection.Of(new VehicleReassigned(Id, Now, cars, 2)).Text;
    }

    // Stocks replaced the car, orders passes its revision on.
    [Fact]
    public void Of_one_revision_stocks_is_believed_first_and_of_two_the_later_one()
    {
        var agreed = Rank(Projection.Of(Placed(hours: 1, revision: 2))!);
        Assert.Equal(4, agreed);
        Assert.Equal(5, Rank(Projection.Of(new VehicleReassigned(Id, Now, [Car], 2))));
        Assert.Equal(6, Rank(Projection.Of(Placed(hours: 1, revision: 3))!));
        Assert.True(Rank(Projection.Of(new DeliveryPreparing(Id, "alice", Now, Id, "Daegu", [Car], Now))!) < 0);

        static long Rank(PageChange change) => change.Facts.Single(fact => fact.Field == Field.Vehicles).Rank;
    }

    [Theory]
    [InlineData(5_000, null, 0)]
    [InlineData(5_000, 0, 0)]
    [InlineData(0, 700, 700)]
    [InlineData(0, null, null)] // told before the event named it: nothing is known
    public void Whoever_has_something_left_owes_nothing(int balance, int? told, int? owed)
    {
        var change = Projection.Of(new DepositCredited("alice", Now, 1_000, balance, told));
        Assert.Equal((decimal?)owed, change.Facts.Single(fact => fact.Field == Field.Owed).Value);
        Assert.Equal((decimal)balance, change.Facts.Single(fact => fact.Field == Field.Balance).Value);
    }

    [Fact]
    public void A_customer_is_found_by_id_name_phone_and_mail_address()
    {
        Assert.Equal(["alice"], CustomerWords.Of(" Alice ", null));
        Assert.Equal(["a-1", "kim ha neul", "kim", "ha", "neul", "01012345678", "kim@example.com"],
            CustomerWords.Of("a-1", new("Kim Ha Neul", "010-1234-5678", "Kim@Example.com")));
        Assert.Equal(["a-1", "kim", "010"], CustomerWords.Of("a-1", new("Kim", "010", null)));
        Assert.Equal("a1", CustomerWords.Sought("A1"));
    }

    static OrderPlaced Placed(int hours, int revision = 1) => new(
        Id, "alice", Now, Id, "Ray", 2, [Car], revision, hours, 8_000, 24_000, Id, "Daegu");

    static OrderProgressed Progressed(OrderStatus status) => new(Id, "alice", Now, status, null);

    static OrderCancelled Cancelled(CancelReason reason) => new(Id, "alice", Now, reason, Id, 1);
}
