using CarShare.Stocks.Domain;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Data;

/// <summary>One order of locks for everybody: header rows first, then cars, both by id.</summary>
static class OrderLocks
{
    /// <summary>Creates or locks the header rows and loads them with the cars they hold or held last.</summary>
    public static async Task LockOrders(this StocksDb db, Guid[] orderIds, CancellationToken ct)
    {
        await db.Orders.CreateAndLock(orderIds, "created_at", $"now()", ct);
        await db.Vehicles.FromSql(
            $"SELECT *, xmin FROM vehicles WHERE last_order_id = ANY({orderIds}) ORDER BY vehicle_id FOR UPDATE")
            .LoadAsync(ct);
        await db.Reservations.Where(r => orderIds.Contains(r.OrderId) && r.ReleasedAt == null).LoadAsync(ct);
    }

    /// <summary>
    /// Locks a car, and before it the order that holds it, which is loaded with all its cars. Null when the product has
    /// no such car.
    /// </summary>
    public static async Task<(Vehicle Car, StockOrder? Holder)?> LockVehicle(this StocksDb db, Guid productId,
        Guid vehicleId, CancellationToken ct)
    {
        if (await db.Vehicles.Where(v => v.VehicleId == vehicleId && v.ProductId == productId)
            .Select(v => new { v.OrderId }).SingleOrDefaultAsync(ct) is not { OrderId: var holder })
            return null;

        if (holder is { } orderId)
        {
            await db.Orders.FromSql($"SELECT *, xmin FROM stock_orders WHERE order_id = {orderId} FOR UPDATE")
                .LoadAsync(ct);
            await db.Reservations.Where(r => r.OrderId == orderId && r.ReleasedAt == null).LoadAsync(ct);
            await db.Database.CurrentTransaction!.CreateSavepointAsync(BeforeCars, ct);
        }

        await db.Vehicles.FromSql(
            $"""
            SELECT *, xmin FROM vehicles
            WHERE vehicle_id = {vehicleId} OR (last_order_id = {holder}::uuid AND order_id = {holder}::uuid)
            ORDER BY vehicle_id FOR UPDATE
            """).LoadAsync(ct);
        var car = (await db.Vehicles.FindAsync([vehicleId], ct))!;
        // Everything is let go and read again: the other order's row would have to be locked before the car.
        if (car.OrderId != holder) throw new DbUpdateConcurrencyException("The car changed hands meanwhile.");
        return (car, holder is { } id ? await db.Orders.FindAsync([id], ct) : null);
    }

    const string BeforeCars = "cars";

    /// <summary>
    /// Locks a free car of the product for an order locked by <see cref="LockVehicle"/>; null when there is none.
    /// </summary>
    public static async Task<Vehicle?> LockReplacement(this StocksDb db, StockOrder order, Guid productId,
        CancellationToken ct)
    {
        var free = await db.Vehicles.FromSql(
            $"""
            SELECT *, xmin FROM vehicles WHERE product_id = {productId} AND order_id IS NULL AND state = 'Available'
            ORDER BY vehicle_id LIMIT 1 FOR UPDATE SKIP LOCKED
            """).ToListAsync(ct);
        if (free.Count > 0) return free[0];

        // Locked is not taken. To wait for whoever holds the last ones, this order's cars are let go first (the order
        // itself keeps them) and all are locked in the order of ids.
        await db.Database.CurrentTransaction!.RollbackToSavepointAsync(BeforeCars, ct);
        var locked = await db.Vehicles.FromSql(
            $"""
            SELECT *, xmin FROM vehicles
            WHERE (last_order_id = {order.OrderId} AND order_id = {order.OrderId})
                OR (product_id = {productId} AND order_id IS NULL AND state = 'Available')
            ORDER BY vehicle_id FOR UPDATE
            """).ToListAsync(ct);
        return locked.FirstOrDefault(v => v.IsFree);
    }
}
