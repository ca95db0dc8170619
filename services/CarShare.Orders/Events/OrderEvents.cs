using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Orders.Events;

/// <summary>What orders listens to, and how a batch gets at its orders.</summary>
static class OrderEvents
{
    public static void Subscribe(Subscriptions<OrdersDb> events) => events
        .LockFirst(LockOrders)
        .On<PaymentApproved>(AcceptPayment.Handle)
        .On<DeliveryPreparing>(FollowDelivery.Handle)
        .On<DeliveryDispatched>(FollowDelivery.Handle)
        .On<DeliveryDelivered>(FollowDelivery.Handle)
        .On<StockShortage>(CancelOnShortage.Handle)
        .On<VehicleReassigned>(ReassignVehicles.Handle);

    /// <summary>
    /// The order if there is one: its row precedes every call and event about it, so that one without a row is none of
    /// ours.
    /// </summary>
    public static Order? Order(this EventContext<OrdersDb> context, Guid orderId) =>
        context.Db.Orders.Local.FindEntry(orderId)?.Entity;

    /// <summary>
    /// The news of a payment matters to an order that is still open, which no other becomes again: nearly all are
    /// placed when it comes, and not touched.
    /// </summary>
    static async Task LockOrders(OrdersDb db, IReadOnlyList<ReceivedEvent> batch, CancellationToken ct)
    {
        var (all, inAnyStatus) = (batch.OrderIds(), batch.Where(e => e.Type != PaymentApproved.Type).OrderIds());
        await db.Orders.FromSql(
            $"""
            SELECT *, xmin FROM orders
            WHERE order_id = ANY ({all}) AND (order_id = ANY ({inAnyStatus}) OR status IN ('Pending',
                'AwaitingPayment')) ORDER BY order_id FOR UPDATE
            """).LoadAsync(ct);
    }
}
