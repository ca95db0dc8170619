using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;

namespace CarShare.Orders.Features;

/// <summary>
/// One commit here; releasing, refunding and retrieving follow from the event, whenever those services are there.
/// </summary>
sealed class CancelOrder(OrdersDb db, TimeProvider clock)
{
    public static void Map(RouteGroupBuilder orders) => orders
        .MapDelete("/{id}", (Guid id, CurrentUser user, CancelOrder use, CancellationToken ct) =>
            use.Cancel(id, user, ct).ToHttp())
        .RequireUser().IsIdempotent().WithName("CancelOrder").Answers(400, 404, 409);

    public Task<Verdict<OrderDto>> Cancel(Guid id, CurrentUser user, CancellationToken ct) =>
        db.InTransaction<Verdict<OrderDto>>(async token =>
        {
            if (await db.LockVisible(id, user, token) is not { } order) return OrderRows.NotFound;
            var now = clock.Now();
            var reason = order.CustomerId == user.CustomerId ? CancelReason.Customer : CancelReason.Operator;
            var verdict = order.Cancel(reason, now);
            if (verdict.Refusal is { } rule)
                return rule with { Sentence = $"{rule.Sentence} This one is {order.Status}." };
            if (verdict.Value) db.Publish(order.Cancelled(reason, now));
            return order.ToDto();
        }, ct);
}
