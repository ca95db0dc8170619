using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;

namespace CarShare.Orders.Events;

/// <summary>
/// A car of the order was written off and none can take its place. Once handed over, the car is the customer's until
/// the return.
/// </summary>
static class CancelOnShortage
{
    public static Task Handle(StockShortage e, EventContext<OrdersDb> context, CancellationToken ct)
    {
        var now = context.Services.GetRequiredService<TimeProvider>().Now();
        if (context.Order(e.OrderId) is { } order && order.Cancel(CancelReason.StockShortage, now).Changed())
            context.Db.Publish(order.Cancelled(CancelReason.StockShortage, now));
        return Task.CompletedTask;
    }
}
