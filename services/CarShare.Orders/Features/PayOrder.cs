using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Clients;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

/// <summary>Another try at the payment of an order that awaits it.</summary>
static class PayOrder
{
    public static void Map(RouteGroupBuilder orders) =>
        orders.MapPost("/{id}/payment", Handle).RequireCustomer().AddEndpointFilter<Intake>().WithName("PayOrder");

    static async Task<Results<Ok<OrderDto>, Answer, ProblemHttpResult>> Handle(
        Guid id, CurrentUser user, OrdersDb db, PaymentsClient payments, IOptions<OrdersOptions> options, TimeProvider clock)
    {
        using var deadline = new CancellationTokenSource(options.Value.RequestDeadline, clock);
        try
        {
            return await Pay(id, user, db, payments, clock, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return Answer.TryLater("unavailable", "The payment could not be made in time. Try again shortly.");
        }
    }

    static async Task<Results<Ok<OrderDto>, Answer, ProblemHttpResult>> Pay(
        Guid id, CurrentUser user, OrdersDb db, PaymentsClient payments, TimeProvider clock, CancellationToken ct)
    {
        var order = await db.Orders.AsNoTracking().SingleOrDefaultAsync(o => o.OrderId == id && o.CustomerId == user.CustomerId, ct);
        if (order is null) return Problems.NotFound("There is no such order.");
        if (order.IsAccepted) return TypedResults.Ok(order.ToDto());
        if (order.Status != OrderStatus.AwaitingPayment) return NotPayable(order);

        return await payments.Pay(id, order.CustomerId, order.Amount!.Value, ct) switch
        {
            Payment.Approved paid => await Place(id, paid.PaymentId, db, clock, ct),
            Payment.Declined => Problems.Of(StatusCodes.Status402PaymentRequired, "payment-declined", "The payment was declined: the deposit does not cover it."),
            Payment.Closed => Problems.Conflict("order-closed", "The order was closed meanwhile."),
            _ => Answer.Of(StatusCodes.Status202Accepted, order),
        };
    }

    static Task<Results<Ok<OrderDto>, Answer, ProblemHttpResult>> Place(Guid id, Guid paymentId, OrdersDb db, TimeProvider clock, CancellationToken ct) =>
        db.InTransaction<Results<Ok<OrderDto>, Answer, ProblemHttpResult>>(async token =>
        {
            var order = (await db.Lock(id, token))!;
            var now = clock.Now();
            if (order.Place(paymentId, now).Changed) db.Publish(order.Placed(now));
            return order.IsAccepted ? TypedResults.Ok(order.ToDto()) : NotPayable(order);
        }, ct);

    static ProblemHttpResult NotPayable(Order order) =>
        Problems.Conflict(Rules.OnlyUnpaidOrdersArePaid.Code, $"{Rules.OnlyUnpaidOrdersArePaid.Sentence} This one is {order.Status}.");
}
