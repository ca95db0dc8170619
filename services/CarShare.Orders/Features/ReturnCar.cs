using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

public sealed record ReturnRequest(string Location);

static class ReturnCar
{
    public static void Map(RouteGroupBuilder orders) => orders.MapPost("/{id}/return", Handle).RequireUser().WithName("ReturnCar").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);

    static async Task<Results<Ok<OrderDto>, ProblemHttpResult>> Handle(
        Guid id, ReturnRequest request, CurrentUser user, OrdersDb db, IOptions<OrdersOptions> options, CancellationToken ct)
    {
        if (new Validator().Text("location", request.Location, 1, 200).Problem is { } invalid) return invalid;
        return await db.InTransaction<Results<Ok<OrderDto>, ProblemHttpResult>>(async token =>
        {
            if (await db.LockVisible(id, user, token) is not { } order) return Problems.NotFound("There is no such order.");
            // It decides about money, so it is the clock that all replicas share.
            var now = await db.Now(token);
            var verdict = order.Return(now);
            if (verdict.Broken is { } rule) return Problems.Conflict(rule.Code, $"{rule.Sentence} This order is {order.Status}.");
            if (verdict.Changed)
            {
                var (lateHours, lateFee) = order.Lateness(now, options.Value.HourLength);
                db.Publish(new OrderReturned(order.OrderId, order.CustomerId, now, now, request.Location, lateHours, lateFee));
            }

            return TypedResults.Ok(order.ToDto());
        }, ct);
    }
}
