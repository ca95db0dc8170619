using CarShare.Deliveries.Domain;
using CarShare.Messaging;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Deliveries.Data;

/// <summary>The rows of orders, which are there from the first thing heard of them.</summary>
static class Headers
{
    public static Task CreateAndLock(DeliveriesDb db, IReadOnlyList<ReceivedEvent> events, CancellationToken ct) =>
        db.Deliveries.CreateAndLock(events.OrderIds(), "vehicles, revision, history", $"'[]', 0, '[]'", ct);

    /// <summary>The locked delivery, or null for an order that has none.</summary>
    public static Task<Delivery?> Lock(this DeliveriesDb db, Guid orderId, CancellationToken ct) =>
        db.Deliveries.FromSql(
            $"""
            SELECT *, xmin FROM deliveries WHERE order_id = {orderId} AND status IS NOT NULL FOR UPDATE
            """).SingleOrDefaultAsync(ct);
}
