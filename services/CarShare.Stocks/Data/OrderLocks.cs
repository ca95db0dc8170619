using CarShare.Stocks.Domain;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Data;

/// <summary>One order of locks for everybody: header rows first, then cars, both by id.</summary>
static class OrderLocks
{
    /// <summary>Creates or locks the header rows and loads them with the cars they hold or held last.</summary>
    public static async Task LockOrders(this StocksDb db, Guid[] orderIds, CancellationToken ct)
    {
        await db.Orders.FromSql(
            $"""
            INSERT INTO stock_orders (order_id, created_at) SELECT id, now() FROM unnest({orderIds}) AS id ORDER BY id
            ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id
            RETURNING *, xmin
            """).LoadAsync(ct);
        await db.Vehicles.FromSql($"SELECT *, xmin FROM vehicles WHERE last_order_id = ANY({orderIds}) ORDER BY vehicle_id FOR UPDATE").LoadAsync(ct);
        await db.Reservations.Where(r => orderIds.Contains(r.OrderId) && r.ReleasedAt == null).LoadAsync(ct);
    }

    /// <summary>
    /// Locks a car, and before it the order that holds it; with <paramref name="andFreeOnes"/> also every free car of the product, so that none of them is missed because it was
    /// locked by a request that then let it go.
    /// </summary>
    public static async Task<(Vehicle Car, StockOrder? Holder)?> LockVehicle(this StocksDb db, Guid productId, Guid vehicleId, bool andFreeOnes, CancellationToken ct)
    {
        if (await db.Vehicles.Where(v => v.VehicleId == vehicleId && v.ProductId == productId).Select(v => new { v.OrderId }).SingleOrDefaultAsync(ct) is not { OrderId: var holder })
            return null;

        if (holder is { } orderId)
        {
            await db.Orders.FromSql($"SELECT *, xmin FROM stock_orders WHERE order_id = {orderId} FOR UPDATE").LoadAsync(ct);
            await db.Reservations.Where(r => r.OrderId == orderId && r.ReleasedAt == null).LoadAsync(ct);
            await db.Vehicles.FromSql(
                $"""
                SELECT *, xmin FROM vehicles
                WHERE vehicle_id = {vehicleId} OR last_order_id = {orderId} OR ({andFreeOnes} AND product_id = {productId} AND order_id IS NULL AND state = 'Available')
                ORDER BY vehicle_id FOR UPDATE
                """).LoadAsync(ct);
        }
        else
        {
            await db.Vehicles.FromSql($"SELECT *, xmin FROM vehicles WHERE vehicle_id = {vehicleId} FOR UPDATE").LoadAsync(ct);
        }

        var car = (await db.Vehicles.FindAsync([vehicleId], ct))!;
        // Everything is let go and read again: the other order's row would have to be locked before the car.
        if (car.OrderId != holder) throw new DbUpdateConcurrencyException("The car changed hands meanwhile.");
        return (car, holder is { } id ? await db.Orders.FindAsync([id], ct) : null);
    }
}
