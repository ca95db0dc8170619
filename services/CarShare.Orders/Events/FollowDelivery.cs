using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Events;

/// <summary>
/// The order goes where its delivery is. A cancelled or retrieved delivery follows from a cancelled order and tells it
/// nothing.
/// </summary>
static class FollowDelivery
{
    public static Task Handle(DeliveryPreparing e, EventContext<OrdersDb> context, CancellationToken ct) =>
        Move(e, OrderStatus.Preparing, context);

    public static Task Handle(DeliveryDispatched e, EventContext<OrdersDb> context, CancellationToken ct) =>
        Move(e, OrderStatus.Dispatched, context);

    public static Task Handle(DeliveryDelivered e, EventContext<OrdersDb> context, CancellationToken ct) =>
        Move(e, OrderStatus.InUse, context);

    static Task Move(DeliveryEvent e, OrderStatus step, EventContext<OrdersDb> context)
    {
        var now = context.Services.GetRequiredService<TimeProvider>().Now();
        var hour = context.Services.GetRequiredService<IOptions<OrdersOptions>>().Value.HourLength;
        if (context.Order(e.OrderId) is { } order && order.Follow(step, e.At, hour, now).Changed())
            context.Db.Publish(order.Progressed(now));
        return Task.CompletedTask;
    }
}
