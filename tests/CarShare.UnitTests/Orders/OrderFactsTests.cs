using CarShare.Contracts;
using CarShare.Orders.Domain;

namespace CarShare.UnitTests.Orders;

/// <summary>Nothing of an order is lost or mixed up on its way to those who hear or ask of it.</summary>
public sealed class OrderFactsTests
{
    static readonly DateTimeOffset Noon = new(2030, 5, 1, 12, 0, 0, TimeSpan.Zero), Later = Noon.AddHours(1);
    static readonly Guid Product = Guid.CreateVersion7(), Paid = Guid.CreateVersion7();
    static readonly VehicleRef Car = new(Guid.CreateVersion7(), "12가3456");
    static readonly Contact Alice = new("Alice", "010-1234-5678", "alice@example.com");

    [Fact]
    public void A_placed_order_says_all_that_was_agreed()
    {
        var order = Reserved(Alice);
        order.Place(Paid, Later);
        Assert.Equivalent(
            new OrderPlaced(order.OrderId, "alice", Later, Product, "Ioniq 5", 1, [Car], 4, 3, 8_000, 24_000, Paid,
                "1 Sejong-daero, Seoul", Alice),
            order.Placed(Later), strict: true);
    }

    [Fact]
    public void An_order_that_waits_says_how_much_for_and_until_when()
    {
        var order = Reserved(Alice with { Email = null });
        order.AwaitPayment(Later, Noon, Noon);
        Assert.Equivalent(
            new OrderAwaitingPayment(order.OrderId, "alice", Noon, 24_000, Later, Product, 1, "Ioniq 5", 3, 8_000,
                "1 Sejong-daero, Seoul", Alice with { Email = null }),
            order.AwaitingPayment(Noon), strict: true);
    }

    [Fact]
    public void What_is_read_of_an_order_is_what_it_went_through()
    {
        var order = Reserved(contact: null);
        order.Place(Paid, Noon);
        order.Follow(OrderStatus.InUse, Later, TimeSpan.FromHours(1), Later);
        Assert.Equivalent(
            new OrderDto(order.OrderId, "alice", Product, "Ioniq 5", 1, 3, "1 Sejong-daero, Seoul", 8_000, 24_000,
                Later, Later.AddHours(3), OrderStatus.InUse, null, null, [Car],
                [new(OrderStatus.Pending, Noon, null), new(OrderStatus.Placed, Noon, null),
                    new(OrderStatus.InUse, Later, null)]),
            order.ToDto(), strict: true);
        Assert.Equal((OrderStatus.InUse, Later.AddHours(3)), (
            order.Progressed(Later).Status, order.Progressed(Later).ReturnBy));
    }

    [Fact]
    public void The_end_of_an_order_says_why()
    {
        var (rejected, cancelled) = (Reserved(Alice), Reserved(Alice));
        rejected.Reject("out-of-stock", Later);
        cancelled.Cancel(CancelReason.Operator, Later);
        Assert.Equal(
            new(rejected.OrderId, "alice", Later, "out-of-stock", Product, 1), rejected.Rejected(Later));
        Assert.Equal(
            new(cancelled.OrderId, "alice", Later, CancelReason.Operator, Product, 1),
            cancelled.Cancelled(CancelReason.Operator, Later));
    }

    [Fact]
    public void Times_are_told_in_the_microseconds_that_a_row_keeps()
    {
        var order = Reserved(Alice);
        order.Place(Paid, Noon);
        order.Follow(OrderStatus.InUse, Later.AddTicks(19), TimeSpan.FromHours(1), Later);
        Assert.Equal(Later.AddTicks(10), order.DeliveredAt);
        Assert.Equal(Later.AddTicks(10), Later.AddTicks(19).InMicroseconds());
    }

    [Fact]
    public void The_lowest_id_of_a_millisecond_is_not_above_any_of_it_and_above_all_before()
    {
        var lowest = Guid.CreateVersion7(Noon).Lowest();
        Assert.Equal(7, lowest.Version);
        Assert.Equal(lowest, Guid.CreateVersion7(Noon).Lowest());
        Assert.All(Enumerable.Range(0, 1_000), _ =>
        {
            Assert.True(lowest <= Guid.CreateVersion7(Noon));
            Assert.True(lowest > Guid.CreateVersion7(Noon.AddMilliseconds(-1)));
        });
    }

    [Fact]
    public void A_key_that_was_given_back_stands_for_nothing_and_an_answer_stays_with_its_order()
    {
        var order = Reserved(Alice);
        Assert.Equal(("key", "hash"), (order.IdempotencyKey, order.RequestHash));
        order.Answer(201, "{}");
        order.ReleaseKey();
        Assert.Equal((null, 201, "{}"), (order.IdempotencyKey, order.AnswerStatus, order.AnswerBody));
    }

    static Order Reserved(Contact? contact)
    {
        var order = Order.Create(
            new(Product, null, 1, 3, "1 Sejong-daero, Seoul", contact), "alice", "key", "hash", Noon);
        order.Reserve("Ioniq 5", 8_000, [Car], 4);
        return order;
    }
}
