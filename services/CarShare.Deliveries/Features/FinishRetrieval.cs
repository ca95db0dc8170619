using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Deliveries.Features;

static class FinishRetrieval
{
    public static void Map(RouteGroupBuilder deliveries) => deliveries.MapPost("/{orderId}/retrieved", Handle).RequireOperator();

    static Task<Results<Ok<DeliveryDto>, ProblemHttpResult>> Handle(Guid orderId, DeliveriesDb db, TimeProvider clock, CancellationToken ct) =>
        OperatorStep.Take(orderId, db, (delivery, _) => Task.FromResult(delivery.Retrieved(clock.GetUtcNow())), ct);
}
