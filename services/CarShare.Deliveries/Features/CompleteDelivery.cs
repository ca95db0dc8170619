using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Deliveries.Features;

static class CompleteDelivery
{
    public static void Map(RouteGroupBuilder deliveries) => deliveries.MapPost("/{orderId}/complete", Handle).RequireOperator();

    static Task<Results<Ok<DeliveryDto>, ProblemHttpResult>> Handle(Guid orderId, DeliveriesDb db, TimeProvider clock, CancellationToken ct) =>
        OperatorStep.Take(orderId, db, (delivery, _) => Task.FromResult(delivery.Complete(clock.GetUtcNow())), ct);
}
