using System.Net;
using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Orders.OrdersFixture;

namespace CarShare.ServiceTests.Orders;

/// <summary>What customers and operators do with an order, and what time does to it.</summary>
[Collection(OrdersCollection.Name)]
public sealed class LifeCycleTests(OrdersFixture orders)
{
    readonly string _customer = Customer();

    [Fact] // C6 C7 C9 C10 D4
    public async Task Cancelling_keeps_the_order_and_its_history_and_is_announced_once()
    {
        var order = await orders.Placed(_customer, quantity: 2);
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => orders.Send(_customer, HttpMethod.Delete, $"/orders/{order.OrderId}")));

        Assert.All(replies, reply => Assert.Equal((HttpStatusCode.OK, OrderStatus.Cancelled, "Customer"), (
            reply.Status, reply.Order.Status, reply.Order.Reason)));
        Assert.Equal(["placed", "cancelled"], await orders.Announced(order.OrderId));
        var cancelled = await orders.Broker.Sees<OrderCancelled>(e => e.OrderId == order.OrderId);
        Assert.Equal((_customer, CancelReason.Customer, order.ProductId, 2), (
            cancelled.CustomerId, cancelled.Reason, cancelled.ProductId, cancelled.Quantity));
        Assert.Equal([OrderStatus.Pending, OrderStatus.Placed, OrderStatus.Cancelled],
            (await orders.Get(order.OrderId)).History.Select(h => h.Status));
    }

    [Fact]
    public async Task An_operator_cancels_in_the_companys_name()
    {
        var order = await orders.Placed(_customer);
        var reply = await orders.Send(null, HttpMethod.Delete, $"/orders/{order.OrderId}");
        Assert.Equal("Operator", reply.Order.Reason);
    }

    [Fact] // C27 C28: somebody else's order does not exist
    public async Task A_customer_reaches_only_what_is_theirs()
    {
        var order = await orders.Placed(_customer);
        var (other, path) = (Customer("bob"), $"/orders/{order.OrderId}");

        Assert.Equal(HttpStatusCode.NotFound, (await orders.Send(other, HttpMethod.Get, path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await orders.Send(other, HttpMethod.Delete, path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await orders.Send(other, HttpMethod.Post, $"{path}/payment")).Status);
        Assert.Equal(HttpStatusCode.NotFound,
            (await orders.Send(other, HttpMethod.Post, $"{path}/return", new { location = "here" })).Status);
        Assert.Equal(HttpStatusCode.NotFound,
            (await orders.Send(_customer, HttpMethod.Get, $"/orders/{Guid.CreateVersion7()}")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await orders.Send(_customer, HttpMethod.Get, "/orders/1")).Status);
        Assert.Equal(OrderStatus.Placed, (await orders.Get(order.OrderId)).Status);
    }

    [Fact]
    public async Task Lists_are_newest_first_filtered_and_paged()
    {
        var mine = new List<Guid>();
        for (var i = 0; i < 3; i++) mine.Insert(0, (await orders.Placed(_customer)).OrderId);
        await orders.Send(_customer, HttpMethod.Delete, $"/orders/{mine[1]}");
        await orders.Placed(Customer("bob"));
        using var http = orders.As(_customer);

        var first = await http.GetFromJsonAsync<Page<OrderDto>>("/orders?limit=2", ApiJson.Options);
        var rest = await http.GetFromJsonAsync<Page<OrderDto>>($"/orders?limit=2&after={first!.Next}", ApiJson.Options);
        Assert.Equal(mine, first.Items.Concat(rest!.Items).Select(o => o.OrderId));
        Assert.All(first.Items, o => Assert.NotEmpty(o.History));
        Assert.Null(rest.Next);
        var cancelled = await http.GetFromJsonAsync<Page<OrderDto>>("/orders?status=Cancelled", ApiJson.Options);
        Assert.Equal(mine[1], Assert.Single(cancelled!.Items).OrderId);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/orders?status=Lost")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/orders?status=77")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/orders?limit=101")).StatusCode);
        using var staff = orders.Operator();
        Assert.Contains((await staff.GetFromJsonAsync<Page<OrderDto>>("/orders?limit=100", ApiJson.Options))!.Items,
            o => o.CustomerId != _customer);
    }

    [Fact] // D14
    public async Task A_waiting_order_is_paid_later_once()
    {
        var order = await orders.AwaitingPayment(_customer);
        var path = $"/orders/{order.OrderId}/payment";
        Assert.Equal(HttpStatusCode.Accepted, (await orders.Send(_customer, HttpMethod.Post, path)).Status);
        orders.Neighbours.Pay(_customer, NeighbourStub.Problem(402, "payment-declined"));
        Assert.Equal((HttpStatusCode.PaymentRequired, "payment-declined"), await orders.Send(
            _customer, HttpMethod.Post, path) is var declined ? (declined.Status, declined.Code) : default);
        Assert.Equal(OrderStatus.AwaitingPayment, (await orders.Get(order.OrderId)).Status);

        orders.Neighbours.Pay(_customer, (_, id, _) => Task.FromResult(NeighbourStub.Approved(id)));
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(_ => orders.Send(_customer, HttpMethod.Post, path)));
        Assert.All(replies, reply =>
            Assert.Equal((HttpStatusCode.OK, OrderStatus.Placed), (reply.Status, reply.Order.Status)));
        Assert.Equal(["awaitingpayment", "placed"], await orders.Announced(order.OrderId));
        Assert.Null((await orders.Get(order.OrderId)).ExpiresAt);

        await orders.Send(_customer, HttpMethod.Delete, $"/orders/{order.OrderId}");
        Assert.Equal((HttpStatusCode.Conflict, "not-payable"),
            await orders.Send(_customer, HttpMethod.Post, path) is var late ? (late.Status, late.Code) : default);
    }

    [Fact]
    public async Task An_order_cancelled_while_it_is_being_paid_stays_cancelled()
    {
        var order = await orders.AwaitingPayment(_customer);
        orders.Neighbours.Pay(_customer, async (_, id, _) =>
        {
            await orders.Send(_customer, HttpMethod.Delete, $"/orders/{id}");
            return NeighbourStub.Approved(id);
        });
        Assert.Equal(HttpStatusCode.Conflict,
            (await orders.Send(_customer, HttpMethod.Post, $"/orders/{order.OrderId}/payment")).Status);
        Assert.Equal(["awaitingpayment", "cancelled"], await orders.Announced(order.OrderId));
    }

    [Fact]
    public async Task An_order_left_behind_is_cancelled_by_the_sweep()
    {
        var id = await orders.LeftBehind(_customer, Guid.CreateVersion7(), "key");
        await Eventually.StaysTrue("a fresh one is left alone", async () =>
            (await orders.Get(id)).Status == OrderStatus.Pending, TimeSpan.FromMilliseconds(300));
        await orders.Age(id);
        Assert.Equal("Abandoned", (await orders.Reaches(id, OrderStatus.Cancelled)).Reason);
        Assert.Equal(["cancelled"], await orders.Announced(id));
    }

    [Fact]
    public async Task An_order_that_is_not_paid_in_time_is_cancelled_by_the_sweep()
    {
        var order = await orders.AwaitingPayment(_customer);
        await orders.Age(order.OrderId);
        Assert.Equal("PaymentExpired", (await orders.Reaches(order.OrderId, OrderStatus.Cancelled)).Reason);
        Assert.Equal(CancelReason.PaymentExpired,
            (await orders.Broker.Sees<OrderCancelled>(e => e.OrderId == order.OrderId)).Reason);
        Assert.Equal(["awaitingpayment", "cancelled"], await orders.Announced(order.OrderId));
    }

    [Fact]
    public async Task A_sweep_does_not_wait_for_an_order_that_somebody_works_on()
    {
        var (held, free) = (await orders.LeftBehind(_customer, Guid.CreateVersion7(), "one"), await orders.LeftBehind(
            _customer, Guid.CreateVersion7(), "two"));
        await using var connection = await orders.Connect();
        await using var transaction = await connection.BeginTransactionAsync();
        await orders.Age(free);
        await using (var command = new Npgsql.NpgsqlCommand(
            $"UPDATE orders SET created_at = now() - interval '1 day' WHERE order_id = '{held}'", connection,
            transaction))
            await command.ExecuteNonQueryAsync();

        await orders.Reaches(free, OrderStatus.Cancelled);
        Assert.Equal(OrderStatus.Pending, (await orders.Get(held)).Status);
        await transaction.CommitAsync();
        await orders.Reaches(held, OrderStatus.Cancelled);
    }

    [Fact]
    public async Task A_step_taken_on_an_old_copy_overwrites_no_other()
    {
        var placed = await orders.Placed(_customer);
        await orders.Query(async db =>
        {
            var copy = await db.Orders.SingleAsync(o => o.OrderId == placed.OrderId);
            Assert.Equal(HttpStatusCode.OK,
                (await orders.Send(_customer, HttpMethod.Delete, $"/orders/{placed.OrderId}")).Status);
            copy.Follow(OrderStatus.Preparing, DateTimeOffset.UtcNow, TimeSpan.FromHours(1), DateTimeOffset.UtcNow);
            return await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => db.SaveChangesAsync());
        });
        Assert.Equal([OrderStatus.Pending, OrderStatus.Placed, OrderStatus.Cancelled],
            (await orders.Get(placed.OrderId)).History.Select(h => h.Status));
    }
}
