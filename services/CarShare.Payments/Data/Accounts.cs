using CarShare.Payments.Domain;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Payments.Data;

/// <summary>
/// How rows are locked: the order's row always before the deposit, several of a kind in sorted order. So requests and batches of events meet without deadlocks.
/// </summary>
static class Accounts
{
    /// <summary>The order's row, created if this is the first that is heard of the order, locked until the transaction ends.</summary>
    public static async Task<Payment> LockPayment(this PaymentsDb db, Guid orderId, DateTimeOffset now, CancellationToken ct) =>
        db.Payments.Local.FindEntry(orderId)?.Entity ?? (await db.LockPayments([orderId], now, ct)).Single();

    public static Task<List<Payment>> LockPayments(this PaymentsDb db, Guid[] orderIds, DateTimeOffset now, CancellationToken ct) =>
        db.Payments.FromSql(
            $"""
            INSERT INTO payments (order_id, created_at) SELECT DISTINCT id, {now} FROM unnest({orderIds}) AS id ORDER BY id
            ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id
            RETURNING *, xmin
            """).ToListAsync(ct);

    /// <summary>The customer's deposit, opened if there is none, locked until the transaction ends.</summary>
    public static async Task<Deposit> LockDeposit(this PaymentsDb db, string customerId, CancellationToken ct) =>
        db.Deposits.Local.FindEntry(customerId)?.Entity ?? (await db.LockDeposits([customerId], ct)).Single();

    public static Task<List<Deposit>> LockDeposits(this PaymentsDb db, string[] customerIds, CancellationToken ct) =>
        db.Deposits.FromSql(
            $"""
            INSERT INTO deposits (customer_id, balance, owed) SELECT DISTINCT id, 0, 0 FROM unnest({customerIds}) AS id ORDER BY id
            ON CONFLICT (customer_id) DO UPDATE SET customer_id = excluded.customer_id
            RETURNING *, xmin
            """).ToListAsync(ct);

    /// <summary>Takes the amount if the balance covers it; one statement, so that concurrent debits can't overdraw.</summary>
    /// <returns>The balance left, or null when nothing was taken.</returns>
    public static async Task<decimal?> Debit(this PaymentsDb db, string customerId, decimal amount, CancellationToken ct)
    {
        var left = await db.Database.SqlQuery<decimal>(
            $"""UPDATE deposits SET balance = balance - {amount} WHERE customer_id = {customerId} AND balance >= {amount} RETURNING balance AS "Value" """).ToListAsync(ct);
        return left.Count == 0 ? null : left[0];
    }
}
