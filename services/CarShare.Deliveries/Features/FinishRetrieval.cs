using CarShare.Deliveries.Data;
using CarShare.ServiceDefaults;

namespace CarShare.Deliveries.Features;

static class FinishRetrieval
{
    public static void Map(RouteGroupBuilder deliveries) =>
        deliveries.MapPost("/{orderId}/retrieved", Handle).Describe();

    static Task<IResult> Handle(
        Guid orderId, IdempotencyKey key, DeliveriesDb db, TimeProvider clock, CancellationToken ct) =>
        OperatorStep.Apply(orderId, key, db, async (delivery, token) =>
        {
            var broken = delivery.Retrieved(clock.GetUtcNow());
            if (broken is null) await db.ReleaseCars([orderId], token);
            return broken;
        }, ct);
}
