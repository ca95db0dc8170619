using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Payments.Domain;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Payments.Data;

/// <summary>
/// How rows are locked and money is taken: the order's row always before the deposit, several of a kind in sorted
/// order. So requests and batches
/// of events meet without deadlocks.
/// </summary>
static class Accounts
{
    /// <summary>
    /// The order's row, created if this is the first that is heard of the order, locked until the transaction ends.
    /// </summary>
    public static async Task<Payment> LockPayment(
        this PaymentsDb db, Guid orderId, DateTimeOffset now, CancellationToken ct) =>
        db.Payments.Local.FindEntry(orderId)?.Entity ?? (await db.LockPayments([orderId], now, ct)).Single();

    public static Task<List<Payment>> LockPayments(
        this PaymentsDb db, IEnumerable<Guid> orderIds, DateTimeOffset now, CancellationToken ct) =>
        db.Payments.CreateAndLock(orderIds, "created_at", $"{now}", ct);

    /// <summary>The customer's deposit, opened if there is none, locked until the transaction ends.</summary>
    public static async Task<Deposit> LockDeposit(this PaymentsDb db, string customerId, CancellationToken ct) =>
        db.Deposits.Local.FindEntry(customerId)?.Entity ?? (await db.LockDeposits([customerId], ct)).Single();

    public static Task<List<Deposit>> LockDeposits(
        this PaymentsDb db, IEnumerable<string> customerIds, CancellationToken ct) =>
        db.Deposits.CreateAndLock(customerIds, "balance, owed", $"0, 0", ct);

    /// <summary>
    /// Takes an approved payment from the deposit: one round trip, one commit. The order's row comes first, and
    /// everything else is made of the
    /// row of the deposit that was debited; the guard in it is why concurrent debits can't overdraw.
    /// </summary>
    /// <param name="db">The store.</param>
    /// <param name="approved">As it should become.</param>
    /// <param name="seen">Its status as it was when that was decided.</param>
    /// <param name="now">When.</param>
    /// <param name="ct">Of the request.</param>
    /// <returns>False when the balance does not cover it, or the order is no longer what it was: then nothing is
    /// taken.</returns>
    public static Task<bool> TryDebit(
        this PaymentsDb db, Payment approved, PaymentStatus? seen, DateTimeOffset now, CancellationToken ct)
    {
        var (orderId, paymentId, customerId, amount) =
            (approved.OrderId, approved.PaymentId!.Value, approved.CustomerId!, approved.Amount!.Value);
        return db.PublishWith(
            new PaymentApproved(orderId, customerId, now, paymentId, amount),
            $"""
            INSERT INTO payments (order_id, created_at) VALUES ({orderId}, {now})
                ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id;
            WITH debited AS (
                UPDATE deposits SET balance = balance - {amount} WHERE customer_id = {customerId}
                    AND balance >= {amount} AND EXISTS (
                    SELECT FROM payments WHERE order_id = {orderId} AND closed_at IS NULL
                        AND coalesce(status, '') = {seen?.ToString() ?? ""})
                RETURNING balance),
            entry AS (
                INSERT INTO ledger_entries (entry_id, customer_id, kind, amount, balance_after, order_id, at)
                SELECT {Guid.CreateVersion7()}, {customerId}, {nameof(LedgerEntryKind.Payment)}, {-amount}, balance,
                    {orderId}, {now} FROM debited),
            done AS (
                UPDATE payments SET customer_id = {customerId}, amount = {amount}, payment_id = {paymentId},
                    status = {nameof(PaymentStatus.Approved)}
                FROM debited WHERE order_id = {orderId} RETURNING order_id)
            """, ct);
    }

    /// <summary>
    /// Declined once for each order; the balance is what the customer hears of, so it may have changed meanwhile.
    /// </summary>
    public static Task<bool> TryDecline(
        this PaymentsDb db, Payment declined, DateTimeOffset now, CancellationToken ct) => db.PublishWith(
        new PaymentDeclined(declined.OrderId, declined.CustomerId!, now, declined.Amount!.Value, "InsufficientBalance"),
        $"""
        WITH done AS (
            UPDATE payments SET customer_id = {declined.CustomerId}, amount = {declined.Amount},
                payment_id = {declined.PaymentId},
                status = {nameof(PaymentStatus.Declined)}
            WHERE order_id = {declined.OrderId} AND closed_at IS NULL AND status IS NULL RETURNING order_id)
        """, ct);
}
