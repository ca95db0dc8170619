using CarShare.Messaging;
using CarShare.Stocks.Data;
using CarShare.Stocks.Domain;

namespace CarShare.Stocks.Events;

/// <summary>All orders of a batch are locked and loaded at once; the handlers then only find them.</summary>
static class EventOrders
{
    public static Task Lock(StocksDb db, IReadOnlyList<ReceivedEvent> batch, CancellationToken ct) =>
        db.LockOrders([.. batch.Select(e => Guid.Parse(e.Key)).Distinct()], ct);

    public static async Task<StockOrder> Order(this EventContext<StocksDb> context, Guid orderId,
        CancellationToken ct) =>
        await context.Db.Orders.FindAsync([orderId], ct)
            ?? throw new InvalidOperationException($"The event about order {orderId} came with another key.");
}
