using CarShare.Deliveries.Domain;
using CarShare.Messaging;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Deliveries.Data;

/// <summary>
/// One order, one row: whoever does something about an order first creates or locks it, so that early and late messages
/// meet there.
/// </summary>
static class Headers
{
    /// <summary>
    /// One statement in one order, so that two batches can't deadlock. The rows stay tracked for the handlers.
    /// </summary>
    public static Task CreateAndLock(DeliveriesDb db, IReadOnlyList<ReceivedEvent> events, CancellationToken ct)
    {
        var orders = events.Select(e => Guid.Parse(e.Key)).Distinct().ToArray();
        return db.Deliveries.FromSql(
            $"""
            INSERT INTO deliveries (order_id, vehicles, revision, history) SELECT id, '[]', 0, '[]'
                FROM unnest({orders}) AS id ORDER BY id
            ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id
            RETURNING *, xmin
            """).LoadAsync(ct);
    }

    public static Delivery Header(this DeliveriesDb db, Guid orderId) =>
        db.Deliveries.Local.FindEntry(orderId)?.Entity
            ?? throw new InvalidOperationException($"The event's key does not name its order {orderId}.");

    /// <summary>The locked delivery, or null for an order that has none.</summary>
    public static Task<Delivery?> Lock(this DeliveriesDb db, Guid orderId, CancellationToken ct) =>
        db.Deliveries.FromSql(
            $"""
            SELECT *, xmin FROM deliveries WHERE order_id = {orderId} AND status IS NOT NULL FOR UPDATE
            """).SingleOrDefaultAsync(ct);
}
