using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Orders.Features;

/// <summary>One commit here; releasing, refunding and retrieving follow from the event, whenever those services are there.</summary>
static class CancelOrder
{
    public static void Map(RouteGroupBuilder orders) => orders.MapDelete("/{id}", Handle).RequireUser().WithName("CancelOrder").ProducesProblem(404).ProducesProblem(409);

    static Task<Results<Ok<OrderDto>, ProblemHttpResult>> Handle(Guid id, CurrentUser user, OrdersDb db, TimeProvider clock, CancellationToken ct) =>
        db.InTransaction<Results<Ok<OrderDto>, ProblemHttpResult>>(async token =>
        {
            if (await db.LockVisible(id, user, token) is not { } order) return Problems.NotFound("There is no such order.");
            var now = clock.Now();
            var reason = order.CustomerId == user.CustomerId ? CancelReason.Customer : CancelReason.Operator;
            var verdict = order.Cancel(reason, now);
            if (verdict.Broken is { } rule) return Problems.Conflict(rule.Code, $"{rule.Sentence} This one is {order.Status}.");
            if (verdict.Changed) db.Publish(order.Cancelled(reason, now));
            return TypedResults.Ok(order.ToDto());
        }, ct);
}
