using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Stocks.Data;

namespace CarShare.Stocks.Events;

/// <summary>
/// The order is over: its cars are free again, and a reservation still on its way is refused, also when none was known
/// so far.
/// </summary>
static class CloseOrder
{
    public static Task Handle(OrderRejected rejected, EventContext<StocksDb> context, CancellationToken ct) =>
        Close(rejected.OrderId, null, context);

    public static Task Handle(OrderCancelled cancelled, EventContext<StocksDb> context, CancellationToken ct) =>
        Close(cancelled.OrderId, null, context);

    public static Task Handle(OrderReturned returned, EventContext<StocksDb> context, CancellationToken ct) =>
        Close(returned.OrderId, returned.Location, context);

    static Task Close(Guid orderId, string? leftAt, EventContext<StocksDb> context)
    {
        var now = context.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        context.Db.Orders.Header(orderId).Close(now, leftAt);
        return Task.CompletedTask;
    }
}
