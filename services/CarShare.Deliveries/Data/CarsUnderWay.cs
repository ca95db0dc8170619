using CarShare.Deliveries.Domain;
using CarShare.Messaging;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Deliveries.Data;

/// <summary>
/// Who has which car, from its departure until it is back (retrieved) or its rental is over (returned). A car whose
/// order was cancelled may be rented again before the cancellation is heard of here; its next delivery then waits for
/// the one before.
/// </summary>
static class CarsUnderWay
{
    /// <summary>SQL condition on a row <c>d</c> of deliveries: none of its cars is with another one.</summary>
    public const string AreAllHere =
        """
        NOT EXISTS (SELECT FROM jsonb_array_elements(d.vehicles) AS car
                    JOIN cars_under_way AS away ON away.vehicle_id = (car ->> 'vehicleId')::uuid)
        """;

    /// <summary>
    /// Takes the cars of deliveries that leave, of each all or none; the first in the list come first.
    /// </summary>
    /// <returns>The orders whose deliveries have their cars.</returns>
    public static async Task<HashSet<Guid>> AcquireCars(this DeliveriesDb db, IReadOnlyList<Delivery> leaving,
        CancellationToken ct)
    {
        // In the order of the cars, so that two who want the same ones wait for each other in one direction only.
        var wanted = leaving.SelectMany(d => d.Vehicles.Select(car => (Car: car.VehicleId, d.OrderId)))
            .DistinctBy(want => want.Car).OrderBy(want => want.Car).ToList();
        Guid[] cars = [.. wanted.Select(want => want.Car)];
        Guid[] orders = [.. wanted.Select(want => want.OrderId)];
        var taken = (await db.Read(
            $"""
            INSERT INTO cars_under_way (vehicle_id, order_id)
            SELECT car, order_id FROM unnest({cars}, {orders}) AS want (car, order_id)
            ON CONFLICT (vehicle_id) DO NOTHING RETURNING vehicle_id, order_id
            """, row => (row.GetGuid(0), row.GetGuid(1)), ct)).ToHashSet();
        var complete = leaving.Where(d => d.Vehicles.All(car => taken.Contains((car.VehicleId, d.OrderId))))
            .Select(d => d.OrderId).ToHashSet();
        await db.ReleaseCars([.. leaving.Select(d => d.OrderId).Where(order => !complete.Contains(order))], ct);
        return complete;
    }

    /// <summary>The delivery has other cars now.</summary>
    public static async Task ExchangeCars(this DeliveriesDb db, Delivery delivery, CancellationToken ct)
    {
        await db.ReleaseCars([delivery.OrderId], ct);
        await db.AcquireCars([delivery], ct);
    }

    public static Task ReleaseCars(this DeliveriesDb db, Guid[] orders, CancellationToken ct) =>
        orders.Length == 0 ? Task.CompletedTask : db.CarsUnderWay.Where(car => orders.Contains(car.OrderId))
            .ExecuteDeleteAsync(ct);
}
