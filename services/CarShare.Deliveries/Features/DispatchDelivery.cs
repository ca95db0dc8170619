using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Deliveries.Features;

static class DispatchDelivery
{
    public static void Map(RouteGroupBuilder deliveries) => deliveries.MapPost("/{orderId}/dispatch", Handle).RequireOperator();

    static Task<Results<Ok<DeliveryDto>, ProblemHttpResult>> Handle(Guid orderId, DeliveriesDb db, TimeProvider clock, CancellationToken ct) =>
        OperatorStep.Take(orderId, db, async (delivery, token) => delivery.Dispatch(await db.CarsAreElsewhere(orderId, token), clock.GetUtcNow()), ct);
}
