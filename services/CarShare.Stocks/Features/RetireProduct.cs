using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Stocks.Features;

/// <summary>The model is not offered any more. Rentals go on: their cars come back and can be rented no more.</summary>
static class RetireProduct
{
    public static void Map(RouteGroupBuilder stocks) =>
        stocks.MapDelete("/{productId}", Handle).RequireOperator().ProducesProblem(404);

    static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid productId, [FromHeader(Name = "If-Match")] string? ifMatch, StocksDb db, TimeProvider clock,
        CancellationToken ct)
    {
        return await db.InTransaction(token => Retire(db, productId, ifMatch, clock.GetUtcNow(), token), ct);
    }

    static async Task<NoContent> Retire(StocksDb db, Guid productId, string? ifMatch, DateTimeOffset now,
        CancellationToken ct)
    {
        var product = await db.LockProduct(productId, ct)
            ?? throw new Refused(Problems.NotFound("There is no such product."));
        if (product.RetiredAt is not null) return TypedResults.NoContent();
        Editions.Check(ifMatch, product.Tag());
        product.Retire(now);
        db.Publish(product.Changed(now));
        return TypedResults.NoContent();
    }
}
