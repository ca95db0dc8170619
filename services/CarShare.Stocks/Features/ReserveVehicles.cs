using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Stocks.Features;

/// <summary>Takes cars for an order: all or none, once per order however often it is asked.</summary>
static class ReserveVehicles
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapPut("/internal/stocks/{productId}/reservations/{orderId}", Handle)
            .WithTags("Stocks").RequireInternal().Behind(Rush(), Overloaded).AddEndpointFilter(Count);

    static readonly Refusal Overloaded = Refusal.Unavailable("service-unavailable", "Service Unavailable");

    /// <summary>A rush waits here; in the connection pool its end would be turned away after two seconds.</summary>
    static Bulkhead Rush() => new(atOnce: 16, waiting: 10_000);

    static ValueTask<object?> Count(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        context.HttpContext.RequestServices.GetRequiredService<StockMetrics>().InvokeAsync(context, next);

    /// <summary>A reservation at a product that does not exist.</summary>
    public static Task Rehearse(StocksDb db, CancellationToken ct) =>
        db.Reserve(Guid.NewGuid(), Guid.NewGuid(), 1, null, ct);

    static async Task<Results<Ok<ReservationDto>, RefusedHttpResult>> Handle(
        Guid productId, Guid orderId, ReserveRequest request, StocksDb db, CancellationToken ct)
    {
        if (new Validator().Id("orderId", orderId).Range("quantity", request.Quantity, 1, 20)
            .That(request.VehicleId is null || request.Quantity == 1, "quantity",
                "must be 1 when one particular car is asked for")
            .Refusal is { } invalid) return invalid.ToProblem();
        var reserved = Read(await db.Reserve(productId, orderId, request.Quantity, request.VehicleId, ct));
        return reserved.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.Ok(reserved.Value);
    }

    static Verdict<ReservationDto> Read(OrderedCars? found) => found switch
    {
        { IsClosed: true } => Refusal.Conflict("order-closed", "The order is over."),
        { IsAnother: true } => Refusal.Conflict("order-mismatch", "The order has reserved something else."),
        { Cars.Count: > 0 } got => new ReservationDto(got.ModelName, got.HourlyRate, got.Cars, got.Revision),
        null or { IsRetired: true } => Refusal.NotFound("There is no such product, or the car is not one of its."),
        _ => Refusal.Conflict("out-of-stock", "Not enough cars of this product are free."),
    };
}
