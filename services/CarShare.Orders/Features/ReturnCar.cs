using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

public sealed record ReturnRequest(string Location);

/// <summary>The customer gives the car back: the rental ends, and hours behind the agreed time are billed.</summary>
sealed class ReturnCar(OrdersDb db, IOptions<OrdersOptions> options)
{
    public static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("/{id}/return", Handle).RequireUser().IsIdempotent().WithName("ReturnCar")
        .Answers(400, 404, 409);

    static async Task<Results<Ok<OrderDto>, RefusedHttpResult>> Handle(
        Guid id, ReturnRequest request, CurrentUser user, ReturnCar use, CancellationToken ct)
    {
        if (new Validator().Text("location", request.Location, 1, 200).Refusal is { } invalid)
            return invalid.ToProblem();
        var answer = await use.Return(id, request.Location, user, ct);
        return answer.Refusal is { } refusal ? refusal.ToProblem() : TypedResults.Ok(answer.Value);
    }

    public Task<Verdict<OrderDto>> Return(Guid id, string location, CurrentUser user, CancellationToken ct) =>
        db.InTransaction<Verdict<OrderDto>>(async token =>
        {
            if (await db.LockVisible(id, user, token) is not { } order) return OrderRows.NotFound;
            // It decides about money, so it is the clock that all replicas share.
            var now = await db.Now(token);
            var verdict = order.Return(now);
            if (verdict.Refusal is { } rule)
                return rule with { Sentence = $"{rule.Sentence} This order is {order.Status}." };
            if (verdict.Value)
            {
                var (lateHours, lateFee) = order.Lateness(now, options.Value.HourLength);
                db.Publish(new OrderReturned(order.OrderId, order.CustomerId, now, now, location, lateHours, lateFee));
            }

            return order.ToDto();
        }, ct);
}
