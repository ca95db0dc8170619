using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using CarShare.Stocks.Domain;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Features;

/// <summary>
/// What there is to rent. Open to anyone, so a list costs the same however many cars there are: their numbers are those
/// published last.
/// </summary>
static class BrowseProducts
{
    public static void Map(RouteGroupBuilder stocks)
    {
        stocks.MapGet("", List).WithName("ListProducts").AllowAnyone();
        stocks.MapGet("/{productId}", Get).WithName("GetProduct").AllowAnyone().ProducesProblem(404);
    }

    static async Task<Results<Ok<Page<ProductDto>>, RefusedHttpResult>> List(
        string? location, decimal? maxHourlyRate, bool? available, [AsParameters] Paging paging, StocksDb db,
        CancellationToken ct)
    {
        var validator = new Validator();
        if (location is not null) validator.Text("location", location, 1, 200);
        if (maxHourlyRate is { } most) validator.Range("maxHourlyRate", most, 0, 100_000_000);
        if (validator.Refusal is { } invalid) return invalid.ToProblem();
        var products = await db.Offered(location, maxHourlyRate, available, paging.After).Take(paging.Size + 1)
            .ToListAsync(ct);
        return TypedResults.Ok(Page.Of(products, paging, p => p.ProductId));
    }

    static async Task<Results<Ok<ProductDto>, RefusedHttpResult>> Get(
        Guid productId, CurrentUser user, StocksDb db, HttpResponse response, CancellationToken ct)
    {
        var product = await db.Products.AsNoTracking()
            .SingleOrDefaultAsync(p => p.ProductId == productId && (p.RetiredAt == null || user.IsOperator), ct);
        if (product is null) return Refusal.NotFound("There is no such product.").ToProblem();
        response.Headers.ETag = product.Tag();
        return TypedResults.Ok(await db.Shown(product, ct));
    }

    internal static IQueryable<ProductDto> Offered(this StocksDb db, string? location, decimal? maxHourlyRate,
        bool? available, Guid? after)
    {
        var products = location is null ? db.Products : db.At(location.Trim());
        products = products.Where(p => p.RetiredAt == null);
        if (maxHourlyRate is { } most) products = products.Where(p => p.HourlyRate <= most);
        // Written out, so that the partial index of each is found.
        if (available is true) products = products.Where(p => p.PublishedAvailable > 0);
        if (available is false) products = products.Where(p => p.PublishedAvailable == 0);
        if (after is { } last) products = products.Where(p => p.ProductId < last);
        return products.OrderByDescending(p => p.ProductId)
            .Select(p => new ProductDto(p.ProductId, p.ModelName, p.HourlyRate, p.ShownLocation ?? p.Location, p.Total,
                p.PublishedAvailable));
    }

    /// <summary>One product with the cars free at this moment.</summary>
    public static async Task<ProductDto> Shown(this StocksDb db, Product p, CancellationToken ct)
    {
        var free = p.RetiredAt is null
            ? await db.Vehicles.CountAsync(v => v.ProductId == p.ProductId && v.OrderId == null
                && v.State == VehicleState.Available, ct)
            : 0;
        return new(p.ProductId, p.ModelName, p.HourlyRate, p.ShownLocation ?? p.Location, p.Total, free);
    }
}
