using CarShare.Contracts;
using CarShare.Orders.Clients;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

/// <summary>
/// Another try at the payment of an order that awaits it, whoever makes it: the customer, or orders itself.
/// </summary>
sealed class PayOrder(
    Bulkhead intake, OrdersDb db, PaymentsClient payments, OrderDecisions decisions, IOptions<OrdersOptions> options,
    TimeProvider clock)
{
    static readonly Refusal OutOfTime =
        new(RefusalKind.Unavailable, "unavailable", "The payment could not be made in time. Try again shortly.");

    public static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("/{id}/payment", Handle).RequireCustomer().IsIdempotent().WithName("PayOrder")
        .Answers(400, 402, 404, 409, 503);

    static async Task<Results<Ok<OrderDto>, Accepted<OrderDto>, RefusedHttpResult>> Handle(
        Guid id, CurrentUser user, PayOrder use, HttpResponse response)
    {
        var answer = await use.Pay(id, user);
        if (answer.Refusal is { } refusal) return refusal.ToProblem();
        var order = answer.Value;
        return order.Status == OrderStatus.AwaitingPayment ? response.AcceptedForNow(order) : TypedResults.Ok(order);
    }

    /// <returns>The order, accepted or still awaiting its payment.</returns>
    public async Task<Verdict<OrderDto>> Pay(Guid id, CurrentUser user)
    {
        using var turn = await intake.Enter();
        if (turn is null) return Attempts.Overloaded;
        using var deadline = new CancellationTokenSource(options.Value.RequestDeadline, clock);
        try
        {
            var order = await db.Orders.AsNoTracking()
                .SingleOrDefaultAsync(o => o.OrderId == id && o.CustomerId == user.CustomerId, deadline.Token);
            return order is null ? OrderRows.NotFound : await Pay(order, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return OutOfTime;
        }
    }

    /// <inheritdoc cref="Pay(Guid, CurrentUser)"/>
    public async Task<Verdict<OrderDto>> Pay(Order order, CancellationToken ct)
    {
        if (order.IsAccepted) return order.ToDto();
        if (order.Status != OrderStatus.AwaitingPayment) return NotPayable(order);

        var payment = await payments.Pay(order, order.Amount!.Value, ct);
        if (payment.Refusal is { Kind: RefusalKind.Unavailable }) return order.ToDto();
        if (payment.Refusal is { } refusal) return refusal;
        await decisions.Place(order, payment.Value, ct);
        var now = await db.Orders.AsNoTracking().SingleAsync(o => o.OrderId == order.OrderId, ct);
        return now.IsAccepted ? now.ToDto() : NotPayable(now);
    }

    static Refusal NotPayable(Order order) => Rules.OnlyUnpaidOrdersArePaid with
    {
        Sentence = $"{Rules.OnlyUnpaidOrdersArePaid.Sentence} This one is {order.Status}.",
    };
}
