using CarShare.Deliveries.Data;
using CarShare.ServiceDefaults;

namespace CarShare.Deliveries.Features;

static class CompleteDelivery
{
    public static void Map(RouteGroupBuilder deliveries) => deliveries.MapPost("/{orderId}/complete", Handle)
        .Describe();

    static Task<IResult> Handle(Guid orderId, IdempotencyKey key, DeliveriesDb db, TimeProvider clock,
        CancellationToken ct) =>
        OperatorStep.Apply(
            orderId, key, db, (delivery, _) => Task.FromResult(delivery.Complete(clock.GetUtcNow())), ct);
}
