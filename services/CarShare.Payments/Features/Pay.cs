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
        if (await TakeAtOnce(orderId, request, db, clock.GetUtcNow(), ct) is { } paid) return TypedResults.Ok(paid);
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
    public static async Task Rehearse(PaymentsDb db, CancellationToken ct)
    {
        var (orderId, request, now) = (Guid.NewGuid(), new PayRequest("nobody", 1), DateTimeOffset.UtcNow);
        await TakeAtOnce(orderId, request, db, now, ct);
        await Take(orderId, request, db, now, ct);
    }

    /// <summary>
    /// Nearly always nothing was heard of the order yet and the deposit covers the amount: then one round trip does all, the order's row first and everything else made of the row
    /// of the deposit that was debited. Otherwise only the order's row is there.
    /// </summary>
    static async Task<PaymentResultDto?> TakeAtOnce(Guid orderId, PayRequest request, PaymentsDb db, DateTimeOffset now, CancellationToken ct)
    {
        var (customerId, amount, paymentId) = (request.CustomerId, decimal.Truncate(request.Amount), Guid.CreateVersion7());
        var isPaid = await db.PublishWith(
            new PaymentApproved(orderId, customerId, now, paymentId, amount),
            $"""
            INSERT INTO payments (order_id, created_at) VALUES ({orderId}, {now}) ON CONFLICT (order_id) DO NOTHING;
            WITH debited AS (
                UPDATE deposits SET balance = balance - {amount} WHERE customer_id = {customerId} AND balance >= {amount}
                    AND EXISTS (SELECT FROM payments WHERE order_id = {orderId} AND xmin = pg_current_xact_id()::xid)
                RETURNING balance),
            entry AS (
                INSERT INTO ledger_entries (entry_id, customer_id, kind, amount, balance_after, order_id, at)
                SELECT {Guid.CreateVersion7()}, {customerId}, {nameof(LedgerEntryKind.Payment)}, {-amount}, balance, {orderId}, {now} FROM debited),
            done AS (
                UPDATE payments SET customer_id = {customerId}, amount = {amount}, payment_id = {paymentId}, status = {nameof(PaymentStatus.Approved)} FROM debited
                WHERE order_id = {orderId} RETURNING order_id)
            """, ct);
        return isPaid ? new(paymentId, PaymentStatus.Approved) : null;
    }

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
