using CarShare.Contracts;
using CarShare.Idempotency;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Stocks.Features;

public sealed record ChangeProductRequest(string? ModelName = null, decimal? HourlyRate = null);

/// <summary>Another name or price, for orders from now on: those taken keep theirs.</summary>
static class ChangeProduct
{
    public static void Map(RouteGroupBuilder stocks) => stocks.MapPatch("/{productId}", Handle).RequireOperator()
        .Produces<ProductDto>().ProducesProblem(404).ProducesProblem(422);

    static async Task<IResult> Handle(
        Guid productId, ChangeProductRequest request, [FromHeader(Name = "If-Match")] string? ifMatch,
        IdempotencyKey key, StocksDb db, TimeProvider clock, CancellationToken ct)
    {
        var validator = new Validator()
            .That(request.ModelName is not null || request.HourlyRate is not null, "modelName",
                "must be given when hourlyRate is not");
        if (request.ModelName is not null) validator.Text("modelName", request.ModelName, 1, 200);
        if (request.HourlyRate is { } rate) validator.Amount("hourlyRate", rate, 1, 100_000_000);
        if (validator.Refusal is { } invalid) return invalid.ToProblem();
        return await db.Once(key, async token =>
            await Change(db, productId, request, ifMatch, clock.GetUtcNow(), token), ct);
    }

    static async Task<TaggedHttpResult> Change(
        StocksDb db, Guid productId, ChangeProductRequest request, string? ifMatch, DateTimeOffset now,
        CancellationToken ct)
    {
        var product = await db.LockProduct(productId, ct);
        if (product is not { RetiredAt: null })
            throw new RefusedException(Refusal.NotFound("There is no such product."));
        Editions.Check(ifMatch, product.Tag());
        if (product.Change(request.ModelName?.Trim(), request.HourlyRate)) db.Publish(product.Changed(now));
        return new(TypedResults.Ok(await db.Shown(product, ct)), product.Tag());
    }
}
