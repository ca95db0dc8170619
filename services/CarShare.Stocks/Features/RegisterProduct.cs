using CarShare.Contracts;
using CarShare.Idempotency;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using CarShare.Stocks.Domain;

namespace CarShare.Stocks.Features;

public sealed record RegisterProductRequest(
    string ModelName, decimal HourlyRate, string Location, IReadOnlyList<string> Plates,
    VehicleState State = VehicleState.Available);

static class RegisterProduct
{
    public static void Map(RouteGroupBuilder stocks) => stocks.MapPost("", Handle).RequireOperator()
        .Produces<ProductDto>(StatusCodes.Status201Created).ProducesProblem(409).ProducesProblem(422);

    static async Task<IResult> Handle(RegisterProductRequest request, IdempotencyKey key, StocksDb db,
        TimeProvider clock, CancellationToken ct)
    {
        if (new Validator().Text("modelName", request.ModelName, 1, 200)
            .Amount("hourlyRate", request.HourlyRate, 1, 100_000_000)
            .Text("location", request.Location, 1, 200).Plate(request.Plates, 0).Registrable(request.State)
                .Refusal is { } invalid) return invalid.ToProblem();
        return await db.Once(key, async token =>
        {
            var product = await Register(db, request, clock.GetUtcNow(), token);
            return new TaggedHttpResult(TypedResults.Created($"/stocks/{product.ProductId}", new ProductDto(
                product.ProductId, product.ModelName, product.HourlyRate, product.Location, product.Total,
                product.PublishedAvailable)), product.Tag());
        }, ct);
    }

    static async Task<Product> Register(StocksDb db, RegisterProductRequest request, DateTimeOffset now,
        CancellationToken ct)
    {
        var product = Product.Register(
            request.ModelName.Trim(), request.HourlyRate, request.Location.Trim(),
            total: request.State == VehicleState.Retired ? 0 : request.Plates.Count,
            available: request.State == VehicleState.Available ? request.Plates.Count : 0);
        db.Add(product);
        db.Publish(new ProductRegistered(
            product.ProductId, now, product.ModelName, product.HourlyRate, product.Total, product.PublishedAvailable,
            product.Version));
        await db.SaveChangesAsync(ct);
        await db.AddCars(product.ProductId, request.Plates, product.Location, request.State, ct);
        return product;
    }
}
