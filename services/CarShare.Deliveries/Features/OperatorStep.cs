using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Deliveries.Domain;
using CarShare.Deliveries.Events;
using CarShare.Idempotency;
using CarShare.ServiceDefaults;

namespace CarShare.Deliveries.Features;

/// <summary>What the three steps an operator takes have in common.</summary>
static class OperatorStep
{
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder step) =>
        step.RequireOperator().Produces<DeliveryDto>().ProducesProblem(404).ProducesProblem(409);

    public static Task<IResult> Apply(
        Guid orderId, IdempotencyKey key, DeliveriesDb db, Func<Delivery, CancellationToken, Task<Refusal?>> step,
        CancellationToken ct) =>
        db.Once(key, async token =>
        {
            if (await db.Lock(orderId, token) is not { } delivery)
                return Refusal.NotFound("There is no such delivery.").ToProblem();
            if (await step(delivery, token) is { } broken) return broken.ToProblem();
            db.Announce(delivery);
            return TypedResults.Ok(delivery.ToDto());
        }, ct);
}
