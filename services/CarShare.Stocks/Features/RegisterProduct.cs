using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using CarShare.Stocks.Domain;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Stocks.Features;

static class RegisterProduct
{
    public sealed record Request(string ModelName, decimal HourlyRate, string Location, IReadOnlyList<string> Plates);

    public static void Map(RouteGroupBuilder stocks) => stocks.MapPost("", Handle).RequireOperator();

    static async Task<Results<Created<ProductDto>, ProblemHttpResult>> Handle(Request request, StocksDb db, TimeProvider clock, CancellationToken ct)
    {
        if (new Validator().Text("modelName", request.ModelName, 1, 200).Amount("hourlyRate", request.HourlyRate, 1, 100_000_000)
            .Text("location", request.Location, 1, 200).Plate(request.Plates, 0).Problem is { } invalid) return invalid;
        try
        {
            var product = await db.InTransaction(token => Register(db, request, clock.GetUtcNow(), token), ct);
            return TypedResults.Created($"/stocks/{product.ProductId}", product);
        }
        catch (Refused refused)
        {
            return refused.Answer;
        }
    }

    static async Task<ProductDto> Register(StocksDb db, Request request, DateTimeOffset now, CancellationToken ct)
    {
        var cars = request.Plates.Count;
        var product = new Product
        {
            ProductId = Guid.CreateVersion7(), ModelName = request.ModelName.Trim(), HourlyRate = request.HourlyRate, Location = request.Location.Trim(),
            Total = cars, Version = 1, PublishedTotal = cars, PublishedAvailable = cars,
        };
        db.Add(product);
        db.Publish(new ProductRegistered(product.ProductId, now, product.ModelName, product.HourlyRate, cars, cars, product.Version));
        await db.SaveChangesAsync(ct);
        await db.AddCars(product.ProductId, request.Plates, product.Location, ct);
        return new(product.ProductId, product.ModelName, product.HourlyRate, product.Location, cars, cars);
    }
}
