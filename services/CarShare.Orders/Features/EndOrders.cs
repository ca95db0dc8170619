using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Clients;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Orders.Features;

/// <summary>
/// Cancels unpaid orders that nobody will finish. Their cars are let go at once; the event is the net.
/// </summary>
sealed class EndOrders(OrdersDb db, StocksClient stocks, TimeProvider clock)
{
    /// <param name="reason">Why they end.</param>
    /// <param name="which">A statement that locks their rows.</param>
    /// <param name="ct">Stops the work between two orders.</param>
    /// <returns>How many rows there were.</returns>
    public async Task<int> Cancel(CancelReason reason, FormattableString which, CancellationToken ct)
    {
        var (found, ended) = await db.InTransaction(async token =>
        {
            var orders = await db.Orders.FromSql(which).ToListAsync(token);
            var now = clock.Now();
            var cancelled = orders.FindAll(order => order.Cancel(reason, now).Changed());
            foreach (var order in cancelled)
                using (OwnWork.Begin("cancel order", order.OrderId)) db.Publish(order.Cancelled(reason, now));
            return (orders.Count, cancelled);
        }, ct);
        foreach (var order in ended)
            if (!await stocks.Release(order, ct)) break;
        return found;
    }
}
