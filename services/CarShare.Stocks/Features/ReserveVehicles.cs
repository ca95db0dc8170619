using System.Runtime.CompilerServices;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Features;

/// <summary>Takes cars for an order: all or none, once per order however often it is asked.</summary>
static class ReserveVehicles
{
    public static void Map(IEndpointRouteBuilder app) => app.MapPut("/internal/stocks/{productId}/reservations/{orderId}", Handle)
        .WithTags("Stocks").RequireInternal().RequireRateLimiting(Gate);

    const string Gate = "reservations";

    /// <summary>A rush waits here, first come first served; in the connection pool its end would be turned away after two seconds.</summary>
    public static void AddGate(RateLimiterOptions limits) => limits.AddConcurrencyLimiter(Gate, gate => (gate.PermitLimit, gate.QueueLimit) = (16, 10_000));

    static async Task<Results<Ok<ReservationDto>, ProblemHttpResult>> Handle(Guid productId, Guid orderId, ReserveRequest request, StocksDb db, CancellationToken ct)
    {
        if (new Validator().Id("orderId", orderId).Range("quantity", request.Quantity, 1, 20)
            .That(request.VehicleId is null || request.Quantity == 1, "quantity", "must be 1 when one particular car is asked for").Problem is { } invalid) return invalid;
        try
        {
            return TypedResults.Ok(await TakeFree(db, productId, orderId, request, ct) ?? await db.InTransaction(token => Reserve(db, productId, orderId, request, token), ct));
        }
        catch (Refused refused)
        {
            return refused.Answer;
        }
    }

    /// <summary>A reservation at a product that does not exist.</summary>
    public static Task Rehearse(StocksDb db, CancellationToken ct) => TakeFree(db, Guid.NewGuid(), Guid.NewGuid(), new(1, null), ct);

    /// <summary>
    /// Nearly always nothing was heard of the order yet and cars are free: then one statement takes them. It waits for nobody but whoever is at the order's row, and holds no car by then.
    /// When somebody else was quicker at the cars, only the order's row is left.
    /// </summary>
    static async Task<ReservationDto?> TakeFree(StocksDb db, Guid productId, Guid orderId, ReserveRequest request, CancellationToken ct)
    {
        // With these two as parameters the server would make a new plan each time, which costs it as much as the rest.
        var (quantity, named) = (request.Quantity, request.VehicleId is null ? "" : "AND vehicle_id = {2}");
        // CTEs, because a join may run a subquery more than once, and each run would lock, and take, more cars.
        var take = FormattableStringFactory.Create(
            $$"""
            WITH header AS (
                INSERT INTO stock_orders (order_id, product_id, quantity, wanted_vehicle_id, revision, created_at)
                SELECT {0}, {1}, {{quantity}}, {2}::uuid, 1, now()
                WHERE {{quantity}} = (SELECT count(*) FROM (
                    SELECT FROM vehicles WHERE product_id = {1} AND order_id IS NULL AND state = 'Available' {{named}} ORDER BY vehicle_id LIMIT {{quantity}}) AS enough)
                ON CONFLICT (order_id) DO NOTHING RETURNING order_id),
            free AS MATERIALIZED (
                SELECT vehicle_id FROM vehicles WHERE product_id = {1} AND order_id IS NULL AND state = 'Available' {{named}} AND EXISTS (SELECT FROM header)
                ORDER BY vehicle_id LIMIT {{quantity}} FOR UPDATE SKIP LOCKED),
            taken AS (
                UPDATE vehicles v SET order_id = {0}, last_order_id = {0} FROM free WHERE v.vehicle_id = free.vehicle_id AND {{quantity}} = (SELECT count(*) FROM free)
                RETURNING v.vehicle_id, v.plate),
            history AS (
                INSERT INTO reservations (order_id, vehicle_id, revision, reserved_at) SELECT {0}, vehicle_id, 1, now() FROM taken)
            SELECT t.vehicle_id, t.plate, p.model_name, p.hourly_rate FROM taken t CROSS JOIN products p WHERE p.product_id = {1} ORDER BY t.vehicle_id
            """, orderId, productId, request.VehicleId);
        try
        {
            var taken = await db.Read(take, row => (Car: new VehicleRef(row.GetGuid(0), row.GetString(1)), Model: row.GetString(2), HourlyRate: row.GetDecimal(3)), ct);
            return taken.Count == 0 ? null : new(taken[0].Model, taken[0].HourlyRate, [.. taken.Select(row => row.Car)], 1);
        }
        catch (Exception e) when (Transactions.IsConflict(e))
        {
            return null;
        }
    }

    static async Task<ReservationDto> Reserve(StocksDb db, Guid productId, Guid orderId, ReserveRequest request, CancellationToken ct)
    {
        var header = await Header(db, productId, orderId, request, ct) ?? throw new Refused(Problems.NotFound("There is no such product, or the car is not one of its."));
        if (header.IsClosed) throw new Refused(Problems.Conflict("order-closed", "The order is over."));
        if (header.ProductId != productId || header.Quantity != request.Quantity || header.WantedVehicleId != request.VehicleId)
            throw new Refused(Problems.Conflict("order-mismatch", "The order has reserved something else."));
        if (header.HasCars)
        {
            var held = await db.Vehicles.Where(v => v.OrderId == orderId && v.LastOrderId == orderId).OrderBy(v => v.VehicleId)
                .Select(v => new VehicleRef(v.VehicleId, v.Plate)).ToListAsync(ct);
            return new(header.ModelName, header.HourlyRate, held, header.Revision);
        }

        // Locked is not taken: whoever holds the lock may let go. Waiting is safe in the order of ids.
        var taken = await Claim(db, productId, orderId, request, ct);
        if (taken.Count < request.Quantity) throw new Refused(Problems.Conflict("out-of-stock", "Not enough cars of this product are free."));
        return new(header.ModelName, header.HourlyRate, [.. taken.OrderBy(v => v.VehicleId)], 1);
    }

    sealed record HeaderRow(Guid ProductId, int Quantity, Guid? WantedVehicleId, int Revision, bool HasCars, bool IsClosed, string ModelName, decimal HourlyRate);

    /// <summary>Creates or locks the order's row; null when there is nothing of that name to reserve.</summary>
    static async Task<HeaderRow?> Header(StocksDb db, Guid productId, Guid orderId, ReserveRequest request, CancellationToken ct) =>
        (await db.Database.SqlQuery<HeaderRow>(
            $"""
            WITH header AS (
                INSERT INTO stock_orders (order_id, product_id, quantity, wanted_vehicle_id, created_at)
                SELECT {orderId}, product_id, {request.Quantity}, {request.VehicleId}::uuid, now() FROM products
                WHERE product_id = {productId}
                  AND ({request.VehicleId}::uuid IS NULL OR EXISTS (SELECT FROM vehicles v WHERE v.vehicle_id = {request.VehicleId}::uuid AND v.product_id = {productId}))
                ON CONFLICT (order_id) DO UPDATE SET
                    product_id = coalesce(stock_orders.product_id, excluded.product_id),
                    quantity = coalesce(stock_orders.quantity, excluded.quantity),
                    wanted_vehicle_id = CASE WHEN stock_orders.product_id IS NULL THEN excluded.wanted_vehicle_id ELSE stock_orders.wanted_vehicle_id END
                RETURNING *)
            SELECT h.product_id AS "ProductId", h.quantity AS "Quantity", h.wanted_vehicle_id AS "WantedVehicleId", h.revision AS "Revision",
                   EXISTS (SELECT FROM reservations r WHERE r.order_id = h.order_id) AS "HasCars", h.closed_at IS NOT NULL AS "IsClosed", p.model_name AS "ModelName", p.hourly_rate AS "HourlyRate"
            FROM header h CROSS JOIN products p WHERE p.product_id = {productId}
            """).ToListAsync(ct)).SingleOrDefault();

    /// <summary>Where too few are left nobody needs to queue for the locks of the rest.</summary>
    static Task<List<VehicleRef>> Claim(StocksDb db, Guid productId, Guid orderId, ReserveRequest request, CancellationToken ct) => db.Database.SqlQuery<VehicleRef>(
        $"""
        WITH free AS MATERIALIZED (
            SELECT vehicle_id FROM vehicles
            WHERE product_id = {productId} AND order_id IS NULL AND state = 'Available' AND ({request.VehicleId}::uuid IS NULL OR vehicle_id = {request.VehicleId}::uuid)
              AND {request.Quantity} <= (SELECT count(*) FROM (
                  SELECT FROM vehicles WHERE product_id = {productId} AND order_id IS NULL AND state = 'Available' ORDER BY vehicle_id LIMIT {request.Quantity}) AS enough)
            ORDER BY vehicle_id LIMIT {request.Quantity} FOR UPDATE),
        taken AS (
            UPDATE vehicles v SET order_id = {orderId}, last_order_id = {orderId} FROM free WHERE v.vehicle_id = free.vehicle_id
            RETURNING v.vehicle_id, v.plate),
        history AS (
            INSERT INTO reservations (order_id, vehicle_id, revision, reserved_at) SELECT {orderId}, vehicle_id, 1, now() FROM taken),
        header AS (
            UPDATE stock_orders SET revision = 1 WHERE order_id = {orderId})
        SELECT vehicle_id AS "VehicleId", plate AS "Plate" FROM taken
        """).ToListAsync(ct);
}
