using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using CarShare.Stocks.Domain;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Features;

/// <summary>
/// The cars of a product, one by one, for whoever wants to choose. Which order holds a car is for operators only, like
/// what is retired.
/// </summary>
static class BrowseVehicles
{
    public static void Map(RouteGroupBuilder stocks)
    {
        stocks.MapGet("/{productId}/vehicles", List).WithName("ListVehicles").AllowAnyone().ProducesProblem(404);
        stocks.MapGet("/{productId}/vehicles/{vehicleId}", Get).WithName("GetVehicle").AllowAnyone()
            .ProducesProblem(404);
    }

    static async Task<Results<Ok<Page<VehicleDto>>, RefusedHttpResult>> List(
        Guid productId, VehicleState? state, [AsParameters] Paging paging, CurrentUser user, StocksDb db,
        CancellationToken ct)
    {
        if (!await db.Products.AnyAsync(p => p.ProductId == productId && (p.RetiredAt == null || user.IsOperator), ct))
            return Refusal.NotFound("There is no such product.").ToProblem();
        var vehicles = db.VisibleTo(user, productId).Shown(state);
        if (paging.After is { } after) vehicles = vehicles.Where(v => v.VehicleId < after);
        var rows = await vehicles.OrderByDescending(v => v.VehicleId).Take(paging.Size + 1).ToListAsync(ct);
        return TypedResults.Ok(Page.Of([.. rows.Select(v => v.ToDto(user))], paging, v => v.VehicleId));
    }

    static async Task<Results<Ok<VehicleDto>, RefusedHttpResult>> Get(
        Guid productId, Guid vehicleId, CurrentUser user, StocksDb db, HttpResponse response, CancellationToken ct)
    {
        var vehicle = await db.VisibleTo(user, productId).SingleOrDefaultAsync(v => v.VehicleId == vehicleId, ct);
        if (vehicle is null) return Refusal.NotFound("There is no such car of this product.").ToProblem();
        response.Headers.ETag = vehicle.Tag();
        return TypedResults.Ok(vehicle.ToDto(user));
    }

    /// <summary>
    /// The one condition, whichever way a car is asked for: what is retired, or a retired product's, is for operators.
    /// </summary>
    static IQueryable<Vehicle> VisibleTo(this StocksDb db, CurrentUser user, Guid productId)
    {
        var cars = db.Vehicles.AsNoTracking().Where(v => v.ProductId == productId);
        return user.IsOperator ? cars : cars.Where(v => v.State != VehicleState.Retired
            && db.Products.Any(p => p.ProductId == productId && p.RetiredAt == null));
    }

    /// <summary>Cars in a state as shown. Written out, so that the partial indexes are found.</summary>
    internal static IQueryable<Vehicle> Shown(this IQueryable<Vehicle> vehicles, VehicleState? state) => state switch
    {
        null => vehicles,
        VehicleState.Available => vehicles.Where(v => v.OrderId == null && v.State == VehicleState.Available),
        VehicleState.Reserved => vehicles.Where(v => v.OrderId != null && v.State == VehicleState.Available),
        VehicleState.InUse => vehicles.Where(v => v.State == VehicleState.InUse),
        VehicleState.Defective => vehicles.Where(v => v.State == VehicleState.Defective),
        VehicleState.Retired => vehicles.Where(v => v.State == VehicleState.Retired),
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };

    public static VehicleDto ToDto(this Vehicle v, CurrentUser user) =>
        new(v.VehicleId, v.Plate, v.ProductId, v.Location, v.ShownState, user.IsOperator ? v.OrderId : null);
}
