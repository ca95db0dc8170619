using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Payments.Data;
using CarShare.Payments.Domain;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.Payments.Features;

/// <summary>Takes the price of an order from the customer's deposit. Repeatable: an order is paid once.</summary>
static class Pay
{
    public const decimal MaxAmount = 100_000_000;

    public static void Map(IEndpointRouteBuilder app) => app.MapPut("/internal/payments/{orderId}", Handle).RequireInternal()
        .ProducesProblem(400).ProducesProblem(402).ProducesProblem(409);

    static async Task<Results<Ok<PaymentResultDto>, ProblemHttpResult>> Handle(
        Guid orderId, PayRequest request, PaymentsDb db, TimeProvider clock, CancellationToken ct)
    {
        if (new Validator().Id("orderId", orderId).Text("customerId", request.CustomerId, 1, CurrentUser.MaxIdLength)
                .Amount("amount", request.Amount, 1, MaxAmount).Problem is { } invalid) return invalid;
        var (payment, refusal) = await db.InTransaction(token => Take(orderId, request, db, clock.GetUtcNow(), token), ct);
        return refusal switch
        {
            PaymentRefusal.OrderClosed => Problems.Conflict("order-closed", "The order is closed and takes no payment."),
            PaymentRefusal.OrderMismatch => Problems.Conflict("order-mismatch", "The order is already known with another customer or amount."),
            _ when payment.Status == PaymentStatus.Declined => Problems.Of(StatusCodes.Status402PaymentRequired, "payment-declined", "The deposit does not cover the amount."),
            _ => TypedResults.Ok(new PaymentResultDto(payment.PaymentId!.Value, PaymentStatus.Approved)),
        };
    }

    /// <summary>A payment of somebody who has nothing.</summary>
    public static Task Rehearse(PaymentsDb db, CancellationToken ct) => Take(Guid.NewGuid(), new("nobody", 1), db, DateTimeOffset.UtcNow, ct);

    static async Task<(Payment, PaymentRefusal?)> Take(Guid orderId, PayRequest request, PaymentsDb db, DateTimeOffset now, CancellationToken ct)
    {
        var (customerId, amount) = (request.CustomerId, decimal.Truncate(request.Amount));
        var payment = await db.LockPayment(orderId, now, ct);
        if (payment.Refusal(customerId, amount) is { } refusal) return (payment, refusal);
        if (payment.Status == PaymentStatus.Approved) return (payment, null);

        if (await db.Debit(customerId, amount, ct) is { } left)
        {
            var paymentId = payment.Approve(customerId, amount);
            db.Add(new LedgerEntry
            {
                EntryId = Guid.CreateVersion7(), CustomerId = customerId, Kind = LedgerEntryKind.Payment, Amount = -amount, BalanceAfter = left, OrderId = orderId, At = now,
            });
            db.Publish(new PaymentApproved(orderId, customerId, now, paymentId, amount));
        }
        else if (payment.Decline(customerId, amount))
        {
            db.Publish(new PaymentDeclined(orderId, customerId, now, amount, "InsufficientBalance"));
        }

        return (payment, null);
    }
}
