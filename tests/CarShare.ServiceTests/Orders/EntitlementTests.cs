using System.Net;
using CarShare.Contracts;
using CarShare.Tests;
using Npgsql;
using static CarShare.ServiceTests.Orders.OrdersFixture;

namespace CarShare.ServiceTests.Orders;

/// <summary>Entitlement before effect: who can't pay takes nothing from others, and holds nothing for long.</summary>
[Collection(OrdersCollection.Name)]
public sealed class EntitlementTests(OrdersFixture orders)
{
    readonly string _customer = Customer();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(23_999)]
    public async Task An_order_the_deposit_does_not_cover_is_declined_before_a_car_is_reserved(decimal balance)
    {
        orders.Neighbours.Deposit(_customer, balance);
        var reply = await orders.Place(_customer);

        Assert.Equal((HttpStatusCode.PaymentRequired, "payment-declined"), (reply.Status, reply.Code));
        var order = Assert.Single(await orders.OrdersOf(_customer));
        Assert.DoesNotContain(orders.Neighbours.Reservations, r => r.OrderId == order.OrderId);
        Assert.DoesNotContain(orders.Neighbours.Payments, p => p.OrderId == order.OrderId);
        Assert.Equal(["rejected"], await orders.Announced(order.OrderId));
    }

    [Fact]
    public async Task A_deposit_that_covers_the_price_to_the_won_is_enough()
    {
        orders.Neighbours.Deposit(_customer, 24_000);
        Assert.Equal(HttpStatusCode.Created, (await orders.Place(_customer)).Status);
    }

    [Fact]
    public async Task A_price_that_fell_since_the_last_reservation_refuses_nobody()
    {
        var product = Guid.CreateVersion7();
        await orders.Place(Customer(), product);
        orders.Neighbours.Rates[product] = 5_000;
        orders.Neighbours.Stocks(product, (_, _, request) => Task.FromResult(NeighbourStub.Cars(request, rate: 5_000)));
        orders.Neighbours.Deposit(_customer, 15_000);
        Assert.Equal(HttpStatusCode.Created, (await orders.Place(_customer, product)).Status);
    }

    [Fact]
    public async Task A_payment_declined_behind_the_reservation_gives_the_cars_back_before_the_answer()
    {
        orders.Neighbours.Pay(_customer, NeighbourStub.Problem(402, "payment-declined"));
        await orders.Place(_customer);
        Assert.Contains(Assert.Single(await orders.OrdersOf(_customer)).OrderId, orders.Neighbours.Releases);
    }

    [Fact]
    public async Task An_abandoned_order_gives_its_cars_back_with_the_sweep()
    {
        var id = await orders.LeftBehind(_customer, Guid.CreateVersion7(), "key");
        await orders.Age(id);
        await orders.Reaches(id, OrderStatus.Cancelled);
        await Eventually.Holds("its cars are let go", () => Task.FromResult(orders.Neighbours.Releases.Contains(id)));
    }

    [Fact]
    public async Task Payments_that_hang_at_the_look_are_not_asked_again_in_the_same_breath()
    {
        orders.Neighbours.Deposit(_customer, NeighbourStub.Silence);
        var (reply, took) = await orders.PlaceInAHurry(_customer);
        Assert.Equal((HttpStatusCode.Accepted, OrderStatus.AwaitingPayment), (reply.Status, reply.Order.Status));
        Assert.InRange(took, TimeSpan.Zero, Eventually.Moment);
        Assert.DoesNotContain(orders.Neighbours.Payments, p => p.OrderId == reply.Order.OrderId);
    }

    [Fact]
    public async Task Cars_that_are_not_paid_are_capped_for_each_customer_however_many_orders_come_at_once()
    {
        var shipped = await orders.StartReplica(
            ("Orders:MaxUnpaidCars", $"{new CarShare.Orders.OrdersOptions().MaxUnpaidCars}"));
        var other = Customer("bob");
        foreach (var who in new[] { _customer, other }) orders.Neighbours.Pay(who, NeighbourStub.Dead);
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(_ => orders.PlaceAt(shipped, _customer, quantity: 7)));

        var refused = replies.Where(reply => reply.Status != HttpStatusCode.Accepted).ToList();
        Assert.Equal(10, refused.Count);
        Assert.All(refused, reply =>
            Assert.Equal((HttpStatusCode.Conflict, "too-many-open-cars"), (reply.Status, reply.Code)));
        Assert.Equal(14, (await orders.OrdersOf(_customer)).Sum(order => order.Quantity));
        Assert.Equal(HttpStatusCode.Accepted, (await orders.PlaceAt(shipped, other, quantity: 20)).Status);

        var held = replies.First(reply => reply.Status == HttpStatusCode.Accepted).Order;
        await orders.Send(_customer, HttpMethod.Delete, $"/orders/{held.OrderId}");
        Assert.Equal(HttpStatusCode.Accepted, (await orders.PlaceAt(shipped, _customer, quantity: 13)).Status);
    }

    [Fact]
    public async Task Cars_that_are_paid_count_for_nothing()
    {
        var shipped = await orders.StartReplica(("Orders:MaxUnpaidCars", "2"));
        for (var i = 0; i < 4; i++)
            Assert.Equal(HttpStatusCode.Created, (await orders.PlaceAt(shipped, _customer, quantity: 2)).Status);
    }

    [Fact]
    public async Task Repeated_declines_are_slowed_down_more_and_more_and_leave_nothing_stored()
    {
        orders.Neighbours.Deposit(_customer, 0);
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.PaymentRequired, (await orders.Place(_customer)).Status);
        var slowed = await orders.Place(_customer);
        Assert.Equal((HttpStatusCode.TooManyRequests, "too-many-declines"), (slowed.Status, slowed.Code));
        Assert.Equal(TimeSpan.FromSeconds(1), slowed.RetryAfter);
        Assert.Equal(3, (await orders.OrdersOf(_customer)).Count);

        await DeclinedLongerAgo(TimeSpan.FromSeconds(2));
        Assert.Equal(HttpStatusCode.PaymentRequired, (await orders.Place(_customer)).Status);
        Assert.Equal(TimeSpan.FromSeconds(2), (await orders.Place(_customer)).RetryAfter);
        // Somebody else is not slowed down, and a minute of good behaviour makes up for everything.
        Assert.Equal(HttpStatusCode.Created, (await orders.Place(Customer("bob"))).Status);
        await DeclinedLongerAgo(TimeSpan.FromMinutes(1));
        orders.Neighbours.Deposit(_customer, 1_000_000);
        Assert.Equal(HttpStatusCode.Created, (await orders.Place(_customer)).Status);
    }

    [Fact]
    public async Task The_answer_of_a_declined_order_is_repeated_even_to_a_customer_who_is_slowed_down()
    {
        orders.Neighbours.Deposit(_customer, 0);
        var (product, key) = (Guid.CreateVersion7(), Guid.NewGuid().ToString());
        var first = await orders.Place(_customer, product, key);
        for (var i = 0; i < 3; i++) await orders.Place(_customer);
        Assert.Equal(first, await orders.Place(_customer, product, key));
    }

    async Task DeclinedLongerAgo(TimeSpan time)
    {
        await using var store = await orders.Connect();
        await using var command = new NpgsqlCommand(
            "UPDATE orders SET created_at = created_at - $1 WHERE customer_id = $2", store)
        {
            Parameters = { new() { Value = time }, new() { Value = _customer } },
        };
        await command.ExecuteNonQueryAsync();
    }
}
