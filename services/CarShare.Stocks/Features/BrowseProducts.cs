using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using CarShare.Stocks.Domain;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Features;

/// <summary>What there is to rent, with the cars free at this moment. Open to anyone.</summary>
static class BrowseProducts
{
    public static void Map(RouteGroupBuilder stocks)
    {
        stocks.MapGet("", List);
        stocks.MapGet("/{productId}", Get);
    }

    static async Task<Ok<Page<ProductDto>>> List([AsParameters] Paging paging, StocksDb db, CancellationToken ct)
    {
        var after = paging.After;
        var products = await db.Products.Where(p => after == null || p.ProductId < after).OrderByDescending(p => p.ProductId).Take(paging.Take + 1).AsDto().ToListAsync(ct);
        return TypedResults.Ok(Page.Of(products, paging, p => p.ProductId));
    }

    static async Task<Results<Ok<ProductDto>, ProblemHttpResult>> Get(Guid productId, StocksDb db, CancellationToken ct) =>
        await db.Products.Where(p => p.ProductId == productId).AsDto().SingleOrDefaultAsync(ct) is { } product
            ? TypedResults.Ok(product)
            : Problems.NotFound("There is no such product.");

    static IQueryable<ProductDto> AsDto(this IQueryable<Product> products) => products.Select(p => new ProductDto(
        p.ProductId, p.ModelName, p.HourlyRate, p.Location, p.Total, p.Vehicles.Count(v => v.OrderId == null && v.State == VehicleState.Available)));
}
