using System.Net;
using CarShare.Contracts;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using static CarShare.ServiceTests.Orders.OrdersFixture;

namespace CarShare.ServiceTests.Orders;

/// <summary>What the other services tell orders, in any order and any number of times.</summary>
[Collection(OrdersCollection.Name)]
public sealed class EventTests(OrdersFixture orders)
{
    static readonly VehicleRef Spare = new(Guid.CreateVersion7(), "34나5678");
    readonly string _customer = Customer();

    [Fact]
    public async Task A_rental_goes_from_its_place_to_its_return()
    {
        var order = await orders.Placed(_customer);
        await Delivery(order, OrderStatus.Preparing);
        await orders.Reaches(order.OrderId, OrderStatus.Preparing);
        await Delivery(order, OrderStatus.Dispatched);
        await orders.Reaches(order.OrderId, OrderStatus.Dispatched);
        var at = DateTimeOffset.UtcNow.AddMinutes(-1);
        await Delivery(order, OrderStatus.InUse, at);
        var inUse = await orders.Reaches(order.OrderId, OrderStatus.InUse);
        Assert.Equal(at, inUse.DeliveredAt!.Value, TimeSpan.FromMicroseconds(1));
        Assert.Equal(at.AddHours(3), inUse.ReturnBy!.Value, TimeSpan.FromMicroseconds(1));
        Assert.Equal((HttpStatusCode.Conflict, "not-cancellable"), await orders.Send(
            _customer, HttpMethod.Delete, $"/orders/{order.OrderId}") is var c ? (c.Status, c.Code) : default);

        var returned = await Return(order);
        Assert.Equal(returned, await Return(order));
        Assert.Equal(
            [OrderStatus.Pending, OrderStatus.Placed, OrderStatus.Preparing, OrderStatus.Dispatched, OrderStatus.InUse,
                OrderStatus.Returned],
            returned.Order.History.Select(h => h.Status));
        Assert.Equal(
            ["placed", "progressed", "progressed", "progressed", "returned"], await orders.Announced(order.OrderId));
        var back = await orders.Broker.Sees<OrderReturned>(e => e.OrderId == order.OrderId);
        Assert.Equal(("Busan", 0, 0m), (back.Location, back.LateHours, back.LateFee));
        var handover = await orders.Broker.Sees<OrderProgressed>(
            e => e.OrderId == order.OrderId && e.Status == OrderStatus.InUse);
        Assert.Equal(inUse.ReturnBy, handover.ReturnBy);
    }

    [Fact]
    public async Task A_late_return_is_billed_for_every_hour_begun()
    {
        var order = await orders.Placed(_customer, quantity: 2, hours: 1);
        await Delivery(order, OrderStatus.InUse, DateTimeOffset.UtcNow.AddMinutes(-60 - 61));
        await orders.Reaches(order.OrderId, OrderStatus.InUse);
        await Return(order);
        var back = await orders.Broker.Sees<OrderReturned>(e => e.OrderId == order.OrderId);
        Assert.Equal((2, 2 * 8_000m * 2), (back.LateHours, back.LateFee));
    }

    [Fact]
    public async Task Only_a_car_in_use_is_returned()
    {
        var order = await orders.Placed(_customer);
        var reply = await Return(order);
        Assert.Equal((HttpStatusCode.Conflict, "not-in-use"), (reply.Status, reply.Code));
        Assert.Equal(["location"], (await orders.Send(
            _customer, HttpMethod.Post, $"/orders/{order.OrderId}/return", new { location = "" })).Fields);
    }

    [Fact] // C5 C17: delivered before dispatched, and everything twice
    public async Task The_delivery_is_followed_forward_only()
    {
        var order = await orders.Placed(_customer);
        await Delivery(order, OrderStatus.InUse);
        await Delivery(order, OrderStatus.Dispatched);
        await Delivery(order, OrderStatus.Preparing);
        await orders.Handled(await Delivery(order, OrderStatus.InUse, DateTimeOffset.UtcNow.AddHours(5)));

        var inUse = await orders.Get(order.OrderId);
        Assert.Equal(OrderStatus.InUse, inUse.Status);
        Assert.True(inUse.DeliveredAt < DateTimeOffset.UtcNow);
        Assert.Equal(["placed", "progressed"], await orders.Announced(order.OrderId));
    }

    [Fact] // C11 C12 C13 C14
    public async Task A_delivery_that_goes_on_after_the_cancellation_changes_nothing()
    {
        var order = await orders.Placed(_customer);
        await orders.Send(_customer, HttpMethod.Delete, $"/orders/{order.OrderId}");
        await Delivery(order, OrderStatus.Dispatched);
        await orders.Handled(await Delivery(order, OrderStatus.InUse));
        Assert.Equal(OrderStatus.Cancelled, (await orders.Get(order.OrderId)).Status);
        Assert.Equal(["placed", "cancelled"], await orders.Announced(order.OrderId));
    }

    [Fact] // C3 C5
    public async Task A_payment_that_went_through_after_all_places_the_waiting_order_once()
    {
        var order = await orders.AwaitingPayment(_customer);
        var (approved, id) = (Approved(order), Guid.CreateVersion7());
        await orders.Broker.Publish(approved, id);
        await orders.Broker.Publish(approved, id);
        await orders.Handled(await orders.Broker.Publish(approved));
        Assert.Equal(OrderStatus.Placed, (await orders.Get(order.OrderId)).Status);
        Assert.Equal(["awaitingpayment", "placed"], await orders.Announced(order.OrderId));
        Assert.Equal(
            approved.PaymentId, (await orders.Broker.Sees<OrderPlaced>(e => e.OrderId == order.OrderId)).PaymentId);
    }

    [Fact] // C3
    public async Task The_news_of_a_payment_before_its_answer_is_lost_places_the_order()
    {
        var paid = Guid.CreateVersion7();
        orders.Neighbours.Pay(_customer, async (_, id, request) =>
        {
            if ((await orders.OrdersOf(_customer)).Single().PaymentId is null)
                await orders.Handled(await orders.Broker.Publish(
                    new PaymentApproved(id, request.CustomerId, DateTimeOffset.UtcNow, paid, request.Amount)));
            return NeighbourStub.Dead;
        });
        var reply = await orders.Place(_customer);
        Assert.Equal((HttpStatusCode.Created, OrderStatus.Placed), (reply.Status, reply.Order.Status));
        Assert.Equal(["placed"], await orders.Announced(reply.Order.OrderId));
        Assert.Equal(paid, (await orders.Broker.Sees<OrderPlaced>(e => e.OrderId == reply.Order.OrderId)).PaymentId);
    }

    [Fact] // what nearly all news of payments are
    public async Task The_news_of_a_payment_does_not_wait_for_an_order_that_is_placed_already()
    {
        var order = await orders.Placed(_customer);
        await using var holder = await orders.Connect();
        await using var hold = await holder.BeginTransactionAsync();
        await using var locking = new NpgsqlCommand(
            $"SELECT FROM orders WHERE order_id = '{order.OrderId}' FOR UPDATE", holder, hold);
        await locking.ExecuteNonQueryAsync();
        await orders.Handled(await orders.Broker.Publish(Approved(order)));
        await hold.RollbackAsync();
        Assert.Equal(["placed"], await orders.Announced(order.OrderId));
    }

    [Fact] // expiry against payment.approved
    public async Task A_payment_behind_the_expiry_leaves_the_order_cancelled()
    {
        var order = await orders.AwaitingPayment(_customer);
        await orders.Age(order.OrderId);
        await orders.Reaches(order.OrderId, OrderStatus.Cancelled);
        await orders.Handled(await orders.Broker.Publish(Approved(order)));
        Assert.Equal(["awaitingpayment", "cancelled"], await orders.Announced(order.OrderId));
    }

    [Fact] // D7: cancelled whole, never charged short
    public async Task A_shortage_cancels_the_order_until_the_car_is_handed_over()
    {
        var (placed, waiting, used) =
            (await orders.Placed(_customer), await orders.AwaitingPayment(Customer()), await orders.Placed(_customer));
        await Delivery(used, OrderStatus.InUse);
        await orders.Reaches(used.OrderId, OrderStatus.InUse);
        await orders.Broker.Publish(Shortage(placed));
        await orders.Broker.Publish(Shortage(placed));
        await orders.Broker.Publish(Shortage(waiting));
        await orders.Handled(await orders.Broker.Publish(Shortage(used)));

        Assert.Equal("StockShortage", (await orders.Reaches(placed.OrderId, OrderStatus.Cancelled)).Reason);
        await orders.Reaches(waiting.OrderId, OrderStatus.Cancelled);
        Assert.Equal(["placed", "cancelled"], await orders.Announced(placed.OrderId));
        Assert.Equal(OrderStatus.InUse, (await orders.Get(used.OrderId)).Status);
    }

    [Fact]
    public async Task A_shortage_while_pending_refuses_the_order()
    {
        orders.Neighbours.Pay(_customer, async (_, id, _) =>
        {
            await orders.Handled(await orders.Broker.Publish(
                new StockShortage(id, DateTimeOffset.UtcNow, Guid.CreateVersion7(), Guid.CreateVersion7(), 1)));
            return NeighbourStub.Approved(id);
        });
        var reply = await orders.Place(_customer);
        Assert.Equal((HttpStatusCode.Conflict, "order-closed"), (reply.Status, reply.Code));
        var order = Assert.Single(await orders.OrdersOf(_customer));
        Assert.Equal("StockShortage", order.Reason);
        Assert.Equal(["cancelled"], await orders.Announced(order.OrderId));
    }

    [Fact]
    public async Task A_reassignment_before_the_place_stands_in_the_place()
    {
        orders.Neighbours.Pay(_customer, async (_, id, _) =>
        {
            await orders.Handled(
                await orders.Broker.Publish(new VehicleReassigned(id, DateTimeOffset.UtcNow, [Spare], 2)));
            return NeighbourStub.Approved(id);
        });
        var reply = await orders.Place(_customer);
        Assert.Equal([Spare], reply.Order.Vehicles);
        var placed = await orders.Broker.Sees<OrderPlaced>(e => e.OrderId == reply.Order.OrderId);
        Assert.Equal(2, placed.Revision);
        Assert.Equal([Spare], placed.Vehicles);
    }

    [Fact]
    public async Task The_highest_revision_of_the_cars_wins()
    {
        var order = await orders.Placed(_customer);
        await orders.Broker.Publish(new VehicleReassigned(order.OrderId, DateTimeOffset.UtcNow, [Spare], 3));
        await orders.Handled(await orders.Broker.Publish(
            new VehicleReassigned(order.OrderId, DateTimeOffset.UtcNow, order.Vehicles, 2)));
        Assert.Equal([Spare], (await orders.Get(order.OrderId)).Vehicles);
    }

    [Fact] // C5: nothing of ours is ever too early, and what is not ours harms nobody
    public async Task An_event_about_an_unknown_order_is_passed_over()
    {
        var order = await orders.AwaitingPayment(_customer);
        await orders.Broker.Publish(Approved(order) with { OrderId = Guid.CreateVersion7() });
        await orders.Handled(await orders.Broker.Publish(Approved(order)));
        Assert.Equal(0, await orders.Query(db => db.Set<CarShare.Messaging.DeadLetter>().CountAsync()));
    }

    [Fact]
    public async Task Many_events_and_requests_at_once_end_every_order_once()
    {
        var placed = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => orders.Placed(_customer)));
        await Task.WhenAll(placed.SelectMany(order => new Task[]
        {
            Delivery(order, OrderStatus.Preparing), Delivery(order, OrderStatus.Dispatched),
            orders.Broker.Publish(Shortage(order)),
            orders.Send(_customer, HttpMethod.Delete, $"/orders/{order.OrderId}"),
        }));
        foreach (var order in placed)
        {
            await orders.Reaches(order.OrderId, OrderStatus.Cancelled);
            Assert.Single(await orders.Announced(order.OrderId), "cancelled");
        }
    }

    Task<Reply> Return(OrderDto order) =>
        orders.Send(_customer, HttpMethod.Post, $"/orders/{order.OrderId}/return", new { location = "Busan" });

    Task<Guid> Delivery(OrderDto o, OrderStatus step, DateTimeOffset? at = null)
    {
        var (now, id) = (DateTimeOffset.UtcNow, Guid.CreateVersion7());
        return step switch
        {
            OrderStatus.Preparing => orders.Broker.Publish(
                new DeliveryPreparing(o.OrderId, o.CustomerId, now, id, o.DeliveryAddress, o.Vehicles, at ?? now)),
            OrderStatus.Dispatched => orders.Broker.Publish(
                new DeliveryDispatched(o.OrderId, o.CustomerId, now, id, o.DeliveryAddress, o.Vehicles, at ?? now)),
            _ => orders.Broker.Publish(
                new DeliveryDelivered(o.OrderId, o.CustomerId, now, id, o.DeliveryAddress, o.Vehicles, at ?? now)),
        };
    }

    static PaymentApproved Approved(OrderDto o) =>
        new(o.OrderId, o.CustomerId, DateTimeOffset.UtcNow, Guid.CreateVersion7(), o.Amount!.Value);

    static StockShortage Shortage(OrderDto o) =>
        new(o.OrderId, DateTimeOffset.UtcNow, o.ProductId, o.Vehicles[0].VehicleId, 1);
}
