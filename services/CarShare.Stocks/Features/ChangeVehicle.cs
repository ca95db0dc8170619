using CarShare.Contracts;
using CarShare.Idempotency;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using CarShare.Stocks.Domain;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Stocks.Features;

public sealed record ChangeVehicleRequest(VehicleState? State = null, string? Location = null);

/// <summary>
/// An operator moves a car, writes it off or puts it back. A reserved car that breaks before the handover is replaced,
/// or its order learns of the shortage.
/// </summary>
static class ChangeVehicle
{
    public static void Map(RouteGroupBuilder stocks) => stocks.MapPatch("/{productId}/vehicles/{vehicleId}", Handle)
        .RequireOperator().Produces<VehicleDto>().ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);

    static async Task<IResult> Handle(
        Guid productId, Guid vehicleId, ChangeVehicleRequest request, [FromHeader(Name = "If-Match")] string? ifMatch,
        IdempotencyKey key, CurrentUser user, StocksDb db, TimeProvider clock, CancellationToken ct)
    {
        var validator = new Validator()
            .That(request.State is null or VehicleState.Available or VehicleState.Defective, "state",
                "must be Available or Defective")
            .That(request.State is not null || request.Location is not null, "state",
                "must be given when location is not");
        if (request.Location is not null) validator.Text("location", request.Location, 1, 200);
        if (validator.Refusal is { } invalid) return invalid.ToProblem();
        return await db.Once(key, async token =>
        {
            var car = await Change(db, productId, vehicleId, request, ifMatch, clock.GetUtcNow(), token);
            // What the row became is known when it is stored.
            await db.SaveChangesAsync(token);
            return new TaggedHttpResult(TypedResults.Ok(car.ToDto(user)), car.Tag());
        }, ct);
    }

    static async Task<Vehicle> Change(
        StocksDb db, Guid productId, Guid vehicleId, ChangeVehicleRequest request, string? ifMatch, DateTimeOffset now,
        CancellationToken ct)
    {
        if (await db.LockVehicle(productId, vehicleId, ct) is not var (car, holder))
            throw new RefusedException(Refusal.NotFound("There is no such car of this product."));
        Editions.Check(ifMatch, car.Tag());
        var wasRetired = car.State == VehicleState.Retired;
        if (request.Location is { } location) car.Location = location.Trim();
        if (request.State is VehicleState.Available && car.State != VehicleState.Available)
        {
            if (holder?.HandedOverAt is not null)
                throw new RefusedException(Refusal.Conflict("vehicle-in-use",
                    "A customer has the car. It can be made available when it is returned."));
            car.Repair();
        }

        if (request.State is VehicleState.Defective && car.State != VehicleState.Defective)
        {
            car.MarkDefective();
            if (holder is { HandedOverAt: null }) await Replace(db, holder, car, now, ct);
        }

        if (wasRetired && car.State != VehicleState.Retired) await db.AddToTotal(productId, 1, ct);
        return car;
    }

    static async Task Replace(StocksDb db, StockOrder order, Vehicle broken, DateTimeOffset now, CancellationToken ct)
    {
        if (await db.LockReplacement(order, broken.ProductId, ct) is not { } replacement)
        {
            var missing = order.Held.Count(v => v.State == VehicleState.Defective);
            db.Publish(new StockShortage(order.OrderId, now, broken.ProductId, broken.VehicleId, missing));
            return;
        }

        order.Replace(broken, replacement, now);
        db.Publish(new VehicleReassigned(
            order.OrderId, now, [.. order.Held.Select(v => new VehicleRef(v.VehicleId, v.Plate, v.Location))],
            order.Revision));
    }
}
