using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Features;

static class AddVehicles
{
    public sealed record Request(IReadOnlyList<string> Plates, string Location);

    public static void Map(RouteGroupBuilder stocks) => stocks.MapPost("/{productId}/vehicles", Handle).RequireOperator();

    static async Task<Results<Created<Page<VehicleDto>>, ProblemHttpResult>> Handle(Guid productId, Request request, StocksDb db, CancellationToken ct)
    {
        if (new Validator().Plate(request.Plates, 1).Text("location", request.Location, 1, 200).Problem is { } invalid) return invalid;
        try
        {
            var cars = await db.InTransaction(token => Add(db, productId, request, token), ct);
            return TypedResults.Created($"/stocks/{productId}/vehicles", new Page<VehicleDto>(cars, null));
        }
        catch (Refused refused)
        {
            return refused.Answer;
        }
    }

    static async Task<List<VehicleDto>> Add(StocksDb db, Guid productId, Request request, CancellationToken ct)
    {
        // The new number is published by the task that publishes all of them.
        var known = await db.Products.Where(p => p.ProductId == productId).ExecuteUpdateAsync(p => p.SetProperty(x => x.Total, x => x.Total + request.Plates.Count), ct);
        if (known == 0) throw new Refused(Problems.NotFound("There is no such product."));
        return await db.AddCars(productId, request.Plates, request.Location.Trim(), ct);
    }
}
