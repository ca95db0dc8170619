using Microsoft.EntityFrameworkCore;

namespace CarShare.Deliveries.Data;

/// <summary>
/// Cars that another delivery still has. Dispatched counts like Retrieving: a car can leave that status only through a retrieval or to its customer, so such
/// a delivery's cancellation is on its way here.
/// </summary>
static class CarsElsewhere
{
    public const string Holding = "status IN ('Dispatched', 'Retrieving')";

    /// <summary>SQL condition on a row <c>d</c> of deliveries. OFFSET 0 keeps the planner, which takes a delivery for a hundred cars, from leaving the index.</summary>
    public const string Condition =
        """
        EXISTS (SELECT FROM jsonb_array_elements(d.vehicles) AS car, LATERAL (
                    SELECT FROM deliveries AS other
                    WHERE other.vehicles @> jsonb_build_array(jsonb_build_object('vehicleId', car -> 'vehicleId'))
                      AND other.status IN ('Dispatched', 'Retrieving') AND other.order_id <> d.order_id
                    OFFSET 0) AS holder)
        """;

    public static Task<bool> CarsAreElsewhere(this DeliveriesDb db, Guid orderId, CancellationToken ct) =>
        db.Database.SqlQueryRaw<bool>($"SELECT {Condition} AS \"Value\" FROM deliveries AS d WHERE d.order_id = {{0}}", orderId).SingleAsync(ct);
}
