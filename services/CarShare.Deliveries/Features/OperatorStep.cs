using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Deliveries.Domain;
using CarShare.Deliveries.Events;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Deliveries.Features;

/// <summary>What the three steps an operator takes have in common.</summary>
static class OperatorStep
{
    public static Task<Results<Ok<DeliveryDto>, ProblemHttpResult>> Take(
        Guid orderId, DeliveriesDb db, Func<Delivery, CancellationToken, Task<BrokenRule?>> step, CancellationToken ct) =>
        db.InTransaction<Results<Ok<DeliveryDto>, ProblemHttpResult>>(async token =>
        {
            if (await db.Lock(orderId, token) is not { } delivery) return Problems.NotFound("There is no such delivery.");
            if (await step(delivery, token) is { } broken) return Problems.Conflict(broken.Code, broken.Sentence);
            db.Announce(delivery);
            return TypedResults.Ok(delivery.ToDto());
        }, ct);
}
