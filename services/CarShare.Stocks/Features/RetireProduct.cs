using CarShare.Contracts;
using CarShare.Idempotency;
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
        stocks.MapDelete("/{productId}", Handle).RequireOperator()
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(404).ProducesProblem(422);

    static Task<IResult> Handle(
        Guid productId, [FromHeader(Name = "If-Match")] string? ifMatch, IdempotencyKey key, StocksDb db,
        TimeProvider clock, CancellationToken ct) =>
        db.Once(key, async token => await Retire(db, productId, ifMatch, clock.GetUtcNow(), token), ct);

    static async Task<NoContent> Retire(StocksDb db, Guid productId, string? ifMatch, DateTimeOffset now,
        CancellationToken ct)
    {
        var product = await db.LockProduct(productId, ct)
            ?? throw new RefusedException(Refusal.NotFound("There is no such product."));
        Editions.Check(ifMatch, product.Tag());
        if (product.RetiredAt is not null) return TypedResults.NoContent();
        product.Retire(now);
        db.Publish(product.Changed(now));
        return TypedResults.NoContent();
    }
}
