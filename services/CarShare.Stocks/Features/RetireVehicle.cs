using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Stocks.Features;

/// <summary>A car leaves the fleet. Its row stays: rentals of the past name it.</summary>
static class RetireVehicle
{
    public static void Map(RouteGroupBuilder stocks) => stocks.MapDelete("/{productId}/vehicles/{vehicleId}", Handle)
        .RequireOperator().ProducesProblem(404).ProducesProblem(409);

    static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid productId, Guid vehicleId, [FromHeader(Name = "If-Match")] string? ifMatch, StocksDb db,
        CancellationToken ct)
    {
        return await db.InTransaction(token => Retire(db, productId, vehicleId, ifMatch, token), ct);
    }

    static async Task<NoContent> Retire(StocksDb db, Guid productId, Guid vehicleId, string? ifMatch,
        CancellationToken ct)
    {
        if (await db.LockVehicle(productId, vehicleId, ct) is not var (car, _))
            throw new Refused(Problems.NotFound("There is no such car of this product."));
        if (car.State == VehicleState.Retired) return TypedResults.NoContent();
        Editions.Check(ifMatch, car.Tag());
        if (car.OrderId is not null) throw new Refused(
            Problems.Conflict("vehicle-held", "An order holds the car. It can be retired when it is free."));
        car.Retire();
        await db.AddToTotal(productId, -1, ct);
        return TypedResults.NoContent();
    }
}
