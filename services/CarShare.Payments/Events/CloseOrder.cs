using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Payments.Data;

namespace CarShare.Payments.Events;

/// <summary>
/// The end of an order ends its payment. The closed row is the guard: a repeated or late event changes nothing, a late
/// payment is refused.
/// </summary>
static class CloseOrder
{
    public static Task Handle(OrderRejected e, EventContext<PaymentsDb> context, CancellationToken ct) =>
        Refund(e, context, ct);

    public static Task Handle(OrderCancelled e, EventContext<PaymentsDb> context, CancellationToken ct) =>
        Refund(e, context, ct);

    public static async Task Handle(OrderReturned e, EventContext<PaymentsDb> context, CancellationToken ct)
    {
        var (db, now) = (context.Db, Now(context));
        var payment = await db.LockPayment(e.OrderId, now, ct);
        if (!payment.Close(now) || e.LateFee <= 0) return;

        var deposit = await db.LockDeposit(payment.BillLate(e.CustomerId, e.LateFee), ct);
        db.Add(deposit.ChargeLateFee(e.OrderId, e.LateFee, now));
        db.Publish(new UsageBilled(
            e.OrderId, deposit.CustomerId, now, e.LateFee, e.LateHours, deposit.Owed, deposit.Balance));
    }

    /// <summary>All orders of a batch first, then the deposits that may change.</summary>
    public static async Task LockBatch(PaymentsDb db, IReadOnlyList<ReceivedEvent> batch, CancellationToken ct)
    {
        var payments = await db.LockPayments(batch.OrderIds(), batch.Min(e => e.OccurredAt).ToUniversalTime(), ct);
        var refunded = payments.Where(p => p is { ClosedAt: null, Status: PaymentStatus.Approved })
            .Select(p => p.CustomerId!);
        var billed = batch.Where(e => e.Type == OrderReturned.Type)
            .Select(e => JsonSerializer.Deserialize<OrderReturned>(e.Payload, EventJson.Options))
            .Where(e => e?.LateFee > 0).Select(e => e!.CustomerId);
        await db.LockDeposits(refunded.Concat(billed), ct);
    }

    static async Task Refund(OrderEvent e, EventContext<PaymentsDb> context, CancellationToken ct)
    {
        var (db, now) = (context.Db, Now(context));
        var payment = await db.LockPayment(e.OrderId, now, ct);
        if (!payment.Close(now) || !payment.Refund(now)) return;

        var deposit = await db.LockDeposit(payment.CustomerId!, ct);
        db.Add(deposit.Refund(e.OrderId, payment.Amount!.Value, now));
        db.Publish(new PaymentRefunded(
            e.OrderId, deposit.CustomerId, now, payment.PaymentId!.Value, payment.Amount.Value, deposit.Balance,
            deposit.Owed));
    }

    static DateTimeOffset Now(EventContext<PaymentsDb> context) =>
        context.Services.GetRequiredService<TimeProvider>().GetUtcNow();
}
