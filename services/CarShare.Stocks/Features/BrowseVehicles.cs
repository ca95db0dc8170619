using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using CarShare.Stocks.Domain;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Features;

/// <summary>The cars of a product, one by one.</summary>
static class BrowseVehicles
{
    public static void Map(RouteGroupBuilder stocks) => stocks.MapGet("/{productId}/vehicles", Handle).RequireOperator();

    static async Task<Results<Ok<Page<VehicleDto>>, ProblemHttpResult>> Handle(Guid productId, [AsParameters] Paging paging, StocksDb db, CancellationToken ct)
    {
        var after = paging.After;
        var vehicles = await db.Vehicles.AsNoTracking().Where(v => v.ProductId == productId && (after == null || v.VehicleId < after))
            .OrderByDescending(v => v.VehicleId).Take(paging.Take + 1).ToListAsync(ct);
        if (vehicles.Count == 0 && !await db.Products.AnyAsync(p => p.ProductId == productId, ct)) return Problems.NotFound("There is no such product.");
        return TypedResults.Ok(Page.Of([.. vehicles.Select(ToDto)], paging, v => v.VehicleId));
    }

    public static VehicleDto ToDto(Vehicle v) => new(v.VehicleId, v.Plate, v.ProductId, v.Location, v.State, v.OrderId);
}
