using CarShare.Contracts;
using CarShare.Idempotency;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Stocks.Features;

/// <summary>A car leaves the fleet. Its row stays: rentals of the past name it.</summary>
static class RetireVehicle
{
    public static void Map(RouteGroupBuilder stocks) => stocks.MapDelete("/{productId}/vehicles/{vehicleId}", Handle)
        .RequireOperator().Produces(StatusCodes.Status204NoContent)
        .ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);

    static Task<IResult> Handle(
        Guid productId, Guid vehicleId, [FromHeader(Name = "If-Match")] string? ifMatch, IdempotencyKey key,
        StocksDb db, CancellationToken ct) =>
        db.Once(key, async token => await Retire(db, productId, vehicleId, ifMatch, token), ct);

    static async Task<NoContent> Retire(StocksDb db, Guid productId, Guid vehicleId, string? ifMatch,
        CancellationToken ct)
    {
        if (await db.LockVehicle(productId, vehicleId, ct) is not var (car, _))
            throw new RefusedException(Refusal.NotFound("There is no such car of this product."));
        Editions.Check(ifMatch, car.Tag());
        if (car.State == VehicleState.Retired) return TypedResults.NoContent();
        if (car.OrderId is not null)
            throw new RefusedException(Refusal.Conflict(
                "vehicle-held", "An order holds the car. It can be retired when it is free."));
        car.Retire();
        await db.AddToTotal(productId, -1, ct);
        return TypedResults.NoContent();
    }
}
