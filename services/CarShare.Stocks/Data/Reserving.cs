using System.Runtime.CompilerServices;
using CarShare.Contracts;
using CarShare.Messaging;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.Stocks.Data;

/// <summary>What stocks knows of an order after it asked for cars of a product.</summary>
/// <param name="ModelName">Of the product, as the order reserved it.</param>
/// <param name="HourlyRate">Of the product, as the order reserved it.</param>
/// <param name="Cars">Those it holds, by id; empty when it could not get them all.</param>
/// <param name="Revision">Of these cars.</param>
/// <param name="IsRetired">The product is not offered any more.</param>
/// <param name="IsClosed">The order is over.</param>
/// <param name="IsAnother">The order asked for something else before.</param>
sealed record OrderedCars(
    string ModelName, decimal HourlyRate, IReadOnlyList<VehicleRef> Cars, int Revision, bool IsRetired, bool IsClosed,
    bool IsAnother);

/// <summary>Taking cars for an order: all or none, once per order however often it is asked.</summary>
static class Reserving
{
    const string Free = "order_id IS NULL AND state = 'Available'";

    /// <summary>
    /// Takes the cars unless the order has its own already. Nobody is waited for at the cars at first; only when too
    /// few are left without a lock on them is it waited for who holds it, because locked is not taken.
    /// </summary>
    /// <returns>Null when there is no such product, or the car asked for is none of its.</returns>
    public static async Task<OrderedCars?> Reserve(
        this StocksDb db, Guid productId, Guid orderId, int quantity, Guid? vehicleId, CancellationToken ct)
    {
        try
        {
            var found = await db.Reserve(productId, orderId, quantity, vehicleId, "FOR UPDATE SKIP LOCKED", ct);
            if (found is not { Cars: [], IsRetired: false, IsClosed: false, IsAnother: false }) return found;
        }
        catch (Exception e) when (Transactions.IsConflict(e))
        {
            // Somebody else was at the order's row for long; what follows waits for them again, more than once.
        }

        return await db.InTransaction(token => db.Reserve(productId, orderId, quantity, vehicleId, "FOR UPDATE", token),
            ct);
    }

    /// <summary>
    /// One round trip in one transaction. First the order's row is made or locked, unless nothing was heard of the
    /// order yet and no cars are there: then nothing is left of it. The second statement sees what happened while the
    /// first one waited, and takes cars only if this transaction has written the row (its xmin), so two requests of one
    /// order never both do. Quantity and lock stand in the text: as parameters the server would make a new plan each
    /// time, which costs as much as the rest.
    /// </summary>
    static async Task<OrderedCars?> Reserve(
        this StocksDb db, Guid productId, Guid orderId, int quantity, Guid? vehicleId, string locking,
        CancellationToken ct)
    {
        var free = vehicleId is null ? $"product_id = {{1}} AND {Free}"
            : $"product_id = {{1}} AND {Free} AND vehicle_id = {{2}}";
        // CTEs, because a join may run a subquery more than once, and each run would lock, and take, more cars.
        var sql = FormattableStringFactory.Create(
            $$"""
            INSERT INTO stock_orders AS known
                (order_id, product_id, quantity, wanted_vehicle_id, revision, model_name, hourly_rate, created_at)
            SELECT {0}, product_id, {{quantity}}, {2}::uuid, 1, model_name, hourly_rate, now() FROM products
            WHERE product_id = {1} AND (EXISTS (SELECT FROM stock_orders WHERE order_id = {0}) OR retired_at IS NULL
                AND {{quantity}} = (SELECT count(*) FROM (
                    SELECT FROM vehicles WHERE {{free}} ORDER BY vehicle_id LIMIT {{quantity}}) AS enough))
            ON CONFLICT (order_id) DO UPDATE SET
                product_id = coalesce(known.product_id, excluded.product_id),
                quantity = coalesce(known.quantity, excluded.quantity),
                wanted_vehicle_id =
                    CASE WHEN known.product_id IS NULL THEN excluded.wanted_vehicle_id ELSE known.wanted_vehicle_id END,
                model_name = coalesce(known.model_name, excluded.model_name),
                hourly_rate = coalesce(known.hourly_rate, excluded.hourly_rate),
                revision = greatest(known.revision, 1)
            WHERE known.closed_at IS NULL;

            WITH header AS MATERIALIZED (
                SELECT *, product_id IS DISTINCT FROM {1} OR quantity <> {{quantity}}
                    OR wanted_vehicle_id IS DISTINCT FROM {2}::uuid AS is_another
                FROM stock_orders WHERE order_id = {0}),
            free AS MATERIALIZED (
                SELECT vehicle_id FROM vehicles
                WHERE {{free}}
                  AND EXISTS (
                      SELECT FROM stock_orders WHERE order_id = {0} AND xmin = pg_current_xact_id_if_assigned()::xid)
                  AND EXISTS (SELECT FROM header WHERE NOT is_another)
                  AND EXISTS (SELECT FROM products WHERE product_id = {1} AND retired_at IS NULL)
                  AND NOT EXISTS (SELECT FROM reservations WHERE order_id = {0})
                ORDER BY vehicle_id LIMIT {{quantity}} {{locking}}),
            taken AS (
                UPDATE vehicles v SET order_id = {0}, last_order_id = {0} FROM free
                WHERE v.vehicle_id = free.vehicle_id AND {{quantity}} = (SELECT count(*) FROM free)
                RETURNING v.vehicle_id, v.plate, v.location),
            history AS (
                INSERT INTO reservations (order_id, vehicle_id, revision, reserved_at)
                SELECT {0}, vehicle_id, 1, now() FROM taken)
            SELECT coalesce(h.model_name, p.model_name), coalesce(h.hourly_rate, p.hourly_rate),
                coalesce(h.revision, 0),
                   p.retired_at IS NOT NULL, h.closed_at IS NOT NULL, coalesce(h.is_another, false),
                   car.vehicle_id, car.plate, car.location
            FROM products p LEFT JOIN header h ON true
            LEFT JOIN (SELECT vehicle_id, plate, location FROM taken
                       UNION ALL
                       SELECT vehicle_id, plate, location FROM vehicles
                       WHERE last_order_id = {0} AND order_id = {0}) AS car ON true
            WHERE p.product_id = {1}
              AND ({2}::uuid IS NULL OR EXISTS (SELECT FROM vehicles WHERE vehicle_id = {2}::uuid AND product_id = {1}))
            ORDER BY car.vehicle_id
            """, orderId, productId, vehicleId);
        var rows = await db.Read(sql, row => (Found: Found(row), Car: row.IsDBNull(6) ? null : Car(row)), ct);
        return rows.Count == 0 ? null : rows[0]
            .Found with
        { Cars = [.. rows.Select(row => row.Car).OfType<VehicleRef>()] };
    }

    static OrderedCars Found(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetDecimal(1), [], row.GetInt32(2), row.GetBoolean(3), row.GetBoolean(4),
        row.GetBoolean(5));

    static VehicleRef Car(NpgsqlDataReader row) => new(row.GetGuid(6), row.GetString(7), row.GetString(8));
}
