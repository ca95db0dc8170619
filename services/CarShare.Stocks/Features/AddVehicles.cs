using CarShare.Contracts;
using CarShare.Idempotency;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;

namespace CarShare.Stocks.Features;

public sealed record AddVehiclesRequest(IReadOnlyList<string> Plates, string Location,
    VehicleState State = VehicleState.Available);

static class AddVehicles
{
    public static void Map(RouteGroupBuilder stocks) => stocks.MapPost("/{productId}/vehicles", Handle)
        .RequireOperator()
        .Produces<Page<VehicleDto>>(StatusCodes.Status201Created).ProducesProblem(404).ProducesProblem(409)
            .ProducesProblem(422);

    static async Task<IResult> Handle(Guid productId, AddVehiclesRequest request, IdempotencyKey key, StocksDb db,
        CancellationToken ct)
    {
        if (new Validator().Plate(request.Plates, 1).Text("location", request.Location, 1, 200)
            .Registrable(request.State)
            .Refusal is { } invalid) return invalid.ToProblem();
        return await db.Once(key, async token =>
            TypedResults.Created($"/stocks/{productId}/vehicles",
                new Page<VehicleDto>(await Add(db, productId, request, token), null)), ct);
    }

    static async Task<List<VehicleDto>> Add(StocksDb db, Guid productId, AddVehiclesRequest request,
        CancellationToken ct)
    {
        // The new number is published by the task that publishes all of them.
        if (await db.AddToTotal(productId, request.State == VehicleState.Retired ? 0 : request.Plates.Count,
            ct) is not { RetiredAt: null })
            throw new RefusedException(Refusal.NotFound("There is no such product."));
        return await db.AddCars(productId, request.Plates, request.Location.Trim(), request.State, ct);
    }
}
