using CarShare.Contracts;
using CarShare.Orders.Domain;
using static CarShare.Contracts.OrderStatus;

namespace CarShare.UnitTests.Orders;

public sealed class LifeCycleTests
{
    static readonly DateTimeOffset Noon = new(2030, 5, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset Later = Noon.AddHours(1);
    static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    static readonly Guid Paid = Guid.CreateVersion7();
    static readonly VehicleRef Car = new(Guid.CreateVersion7(), "12가3456");
    static readonly VehicleRef Spare = new(Guid.CreateVersion7(), "34나5678");

    static readonly Dictionary<string, Func<Order, Verdict<bool>>> Actions = new()
    {
        ["place"] = o => o.Place(Paid, Later),
        ["await payment"] = o => o.AwaitPayment(Later.AddMinutes(10), Later, Later),
        ["approve"] = o => o.Approve(Paid, Later),
        ["reject"] = o => o.Reject("payment-declined", Later),
        ["cancel"] = o => o.Cancel(CancelReason.Customer, Later),
        ["prepare"] = o => o.Follow(Preparing, Later, Hour, Later),
        ["dispatch"] = o => o.Follow(Dispatched, Later, Hour, Later),
        ["deliver"] = o => o.Follow(InUse, Later, Hour, Later),
        ["return"] = o => o.Return(Later),
    };

    /// <summary>Every arrow of the life cycle. What is not here must not happen.</summary>
    static readonly Dictionary<(OrderStatus, string), OrderStatus> Arrows = new()
    {
        [(Pending, "place")] = Placed,
        [(Pending, "await payment")] = AwaitingPayment,
        [(Pending, "reject")] = Rejected,
        [(Pending, "cancel")] = Cancelled,
        [(AwaitingPayment, "place")] = Placed,
        [(AwaitingPayment, "approve")] = Placed,
        [(AwaitingPayment, "cancel")] = Cancelled,
        [(Placed, "prepare")] = Preparing,
        [(Placed, "dispatch")] = Dispatched,
        [(Placed, "deliver")] = InUse,
        [(Placed, "cancel")] = Cancelled,
        [(Preparing, "dispatch")] = Dispatched,
        [(Preparing, "deliver")] = InUse,
        [(Preparing, "cancel")] = Cancelled,
        [(Dispatched, "deliver")] = InUse,
        [(Dispatched, "cancel")] = Cancelled,
        [(InUse, "return")] = Returned,
    };

    /// <summary>Asked for again, or old news: nothing happens and nobody is told off.</summary>
    static readonly HashSet<(OrderStatus, string)> Silent =
    [
        (Cancelled, "cancel"), (Returned, "return"),
        .. Enum.GetValues<OrderStatus>()
            .SelectMany(s => new[] { "approve", "prepare", "dispatch", "deliver" }.Select(a => (s, a)))
            .Where(x => !Arrows.ContainsKey(x)),
    ];

    public static TheoryData<OrderStatus, string> Everything()
    {
        var all = new TheoryData<OrderStatus, string>();
        foreach (var status in Enum.GetValues<OrderStatus>())
            foreach (var action in Actions.Keys)
                all.Add(status, action);
        return all;
    }

    [Theory] // C4 C10 C11 C14
    [MemberData(nameof(Everything))]
    public void Only_the_arrows_of_the_life_cycle_exist(OrderStatus before, string action)
    {
        var order = In(before);
        var steps = order.History.Count;

        var verdict = Actions[action](order);

        var moves = Arrows.TryGetValue((before, action), out var after);
        Assert.Equal(moves ? after : before, order.Status);
        Assert.Equal(moves, verdict.Changed());
        Assert.Equal(!moves && !Silent.Contains((before, action)), verdict.Refusal is not null);
        Assert.Equal(moves ? steps + 1 : steps, order.History.Count);
        if (moves) Assert.Equal((after, Later), (order.History[^1].Status, order.History[^1].At));
    }

    [Theory]
    [InlineData(InUse)]
    [InlineData(Returned)]
    [InlineData(Rejected)]
    public void The_rule_that_forbids_cancelling_is_named(OrderStatus status) =>
        Assert.Equal(Rules.CancelledBeforeHandover, In(status).Cancel(CancelReason.Operator, Later).Refusal);

    [Fact]
    public void An_order_without_a_known_price_is_not_placed() =>
        Assert.Equal(Rules.NothingIsPlacedUnpaid, New().Place(Paid, Noon).Refusal);

    [Fact] // C3 C5: the news of the payment comes before the order knows that it must wait for it
    public void A_payment_heard_of_while_pending_places_the_order_that_would_have_waited()
    {
        var order = In(Pending);
        order.Approve(Paid, Noon);

        Assert.True(order.AwaitPayment(Later, Noon, Noon).Changed());

        Assert.Equal((Placed, Paid, null), (order.Status, order.PaymentId, order.ExpiresAt));
    }

    [Fact]
    public void Only_an_order_that_waits_has_an_expiry()
    {
        var order = In(AwaitingPayment);
        Assert.NotNull(order.ExpiresAt);
        order.Cancel(CancelReason.PaymentExpired, Later);
        Assert.Equal((null, null, "PaymentExpired"), (order.ExpiresAt, order.NextPaymentAt, order.Reason));
    }

    [Fact]
    public void The_time_to_return_counts_from_the_handover()
    {
        var order = In(Placed);
        order.Follow(InUse, Noon.AddHours(5), Hour, Noon.AddHours(7));
        Assert.Equal((Noon.AddHours(5), Noon.AddHours(8)), (order.DeliveredAt, order.ReturnBy));
    }

    [Theory]
    [InlineData(-60, 0)]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(3_600, 1)]
    [InlineData(3_601, 2)]
    [InlineData(int.MaxValue, 596_524)]
    public void Every_hour_begun_behind_the_agreed_time_is_billed(int secondsLate, int hours)
    {
        var order = In(InUse);
        Assert.Equal((hours, hours * 8_000m * 2), order.Lateness(order.ReturnBy!.Value.AddSeconds(secondsLate), Hour));
    }

    [Fact]
    public void A_tiny_hour_does_not_overflow_the_bill() =>
        Assert.Equal(1_000_000, In(InUse).Lateness(Noon.AddYears(100), TimeSpan.FromTicks(1)).Hours);

    [Fact]
    public void The_highest_revision_of_the_cars_wins_whatever_comes_first()
    {
        var order = New();
        order.Reassign([Spare], 2);
        order.Reserve("Ioniq 5", 8_000, [Car], 1);

        Assert.Equal([Spare], order.Vehicles);
        Assert.Equal(2, order.Revision);
        Assert.Equal(("Ioniq 5", 48_000m), (order.ModelName, order.Amount));
        Assert.False(order.Reassign([Car], 2).Changed());
        Assert.True(order.Reassign([Car], 3).Changed());
    }

    [Fact]
    public void The_price_is_rate_times_hours_times_cars() => Assert.Equal(8_000m * 3 * 2, In(Pending).Amount);

    static Order New() => Order.Create(
        new(Guid.CreateVersion7(), null, 2, 3, "1 Sejong-daero, Seoul"), "alice", "key", "hash", Noon);

    static Order In(OrderStatus status)
    {
        var order = New();
        order.Reserve("Ioniq 5", 8_000, [Car], 1);
        if (status == AwaitingPayment) order.AwaitPayment(Noon.AddMinutes(10), Noon, Noon);
        if (status == Rejected) order.Reject("out-of-stock", Noon);
        if (status == Cancelled) order.Cancel(CancelReason.Operator, Noon);
        if (status is Placed or Preparing or Dispatched or InUse or Returned) order.Place(Paid, Noon);
        if (status is Preparing or Dispatched or InUse) order.Follow(status, Noon, Hour, Noon);
        if (status == Returned)
        {
            order.Follow(InUse, Noon, Hour, Noon);
            order.Return(Noon);
        }

        Assert.Equal(status, order.Status);
        return order;
    }
}
