using System.Net;
using CarShare.Contracts;
using CarShare.Tests;
using static CarShare.ServiceTests.Orders.OrdersFixture;

namespace CarShare.ServiceTests.Orders;

/// <summary>Orders with the times it is shipped with, but for the sweep, which only looks more often.</summary>
public sealed class RetryFixture(Servers servers, IdentityServer identity) : OrdersFixture(servers, identity)
{
    protected override IEnumerable<KeyValuePair<string, string>> Settings =>
        base.Settings.Where(setting => !setting.Key.Contains("PaymentRetry", StringComparison.Ordinal));
}

/// <summary>An order that awaits its payment goes on by itself.</summary>
public sealed class RetryTests(RetryFixture orders) : IClassFixture<RetryFixture>
{
    readonly string _customer = Customer();

    [Fact] // N2
    public async Task An_order_that_waits_for_its_payment_is_placed_by_itself_when_payments_is_back()
    {
        var order = await orders.AwaitingPayment(_customer);
        await Eventually.Holds("payments is asked again", () => Task.FromResult(Asked(order.OrderId) > 3));
        Assert.Equal(OrderStatus.AwaitingPayment, (await orders.Get(order.OrderId)).Status);

        orders.Neighbours.Pay(_customer, (_, id, _) => Task.FromResult(NeighbourStub.Approved(id)));
        await orders.Reaches(order.OrderId, OrderStatus.Placed);
        Assert.Equal(["awaitingpayment", "placed"], await orders.Announced(order.OrderId));
    }

    [Fact]
    public async Task It_is_asked_for_less_and_less_often()
    {
        var order = await orders.AwaitingPayment(_customer);
        var pauses = new List<TimeSpan>();
        await Eventually.Holds("it was asked for four times", async () =>
        {
            var row = Assert.Single(await orders.OrdersOf(_customer));
            var pause = row.NextPaymentAt!.Value - DateTimeOffset.UtcNow;
            if (row.PaymentAttempts > pauses.Count) pauses.Add(pause);
            return row.PaymentAttempts >= 3;
        });
        Assert.Equal(pauses.Order(), pauses);
        Assert.Equal(OrderStatus.AwaitingPayment, (await orders.Get(order.OrderId)).Status);
    }

    [Fact]
    public async Task Many_that_wait_are_all_placed_once_by_several_replicas()
    {
        await orders.StartReplica();
        var waiting = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => orders.AwaitingPayment(_customer)));
        orders.Neighbours.Pay(_customer, (_, id, _) => Task.FromResult(NeighbourStub.Approved(id)));
        foreach (var order in waiting)
        {
            await orders.Reaches(order.OrderId, OrderStatus.Placed);
            Assert.Equal(["awaitingpayment", "placed"], await orders.Announced(order.OrderId));
        }
    }

    [Fact] // what cannot be paid reserves nothing for long
    public async Task An_order_whose_payment_is_declined_then_is_over_and_its_cars_are_let_go()
    {
        var order = await orders.AwaitingPayment(_customer);
        orders.Neighbours.Pay(_customer, NeighbourStub.Problem(402, "payment-declined"));
        Assert.Equal("PaymentExpired", (await orders.Reaches(order.OrderId, OrderStatus.Cancelled)).Reason);
        await Eventually.Holds(
            "its cars are let go", () => Task.FromResult(orders.Neighbours.Releases.Contains(order.OrderId)));
        Assert.Equal(["awaitingpayment", "cancelled"], await orders.Announced(order.OrderId));
    }

    int Asked(Guid orderId) => orders.Neighbours.Payments.Count(p => p.OrderId == orderId);
}
