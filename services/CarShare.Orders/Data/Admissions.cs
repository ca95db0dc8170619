using CarShare.Messaging;
using CarShare.Orders.Domain;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.Orders.Data;

/// <summary>
/// Whether a new order was stored, and if not, why: its key stands for another one, or the customer has to wait.
/// </summary>
/// <param name="IsStored">Commit 1 is done.</param>
/// <param name="UnpaidCars">In the customer's orders that are not paid yet.</param>
/// <param name="Pause">What is left of the pause after repeated declines.</param>
readonly record struct Admission(bool IsStored, long UnpaidCars, TimeSpan Pause);

/// <summary>
/// Commit 1: an order is stored unless its customer already holds too much that is not paid, or was declined too often.
/// </summary>
static class Admissions
{
    /// <summary>
    /// One round trip, one commit. The customer's lock first: of several orders at once each counts those before it.
    /// The statement behind
    /// the lock sees what was committed until then.
    /// </summary>
    public static async Task<Admission> TryInsert(
        this OrdersDb db, Order order, OrdersOptions limits, CancellationToken ct)
    {
        var insert = OrderStatements.Insert(db, order);
        var holes = insert.ArgumentCount;
        FormattableString guarded = System.Runtime.CompilerServices.FormattableStringFactory.Create(
            $$"""
            WITH unpaid AS (
                SELECT coalesce(sum(quantity), 0)::bigint AS cars FROM orders WHERE customer_id = {{{holes}}}
                    AND {{OrdersDb.Unpaid}}),
            declined AS (
                SELECT coalesce(max(created_at) + least({{{holes + 3}}},
                    {{{holes + 2}}} * power(2, count(*) - {{{holes + 4}}})) - now(), '0') AS pause
                FROM orders WHERE customer_id = {{{holes}}} AND {{OrdersDb.Declined}}
                    AND created_at > now() - {{{holes + 5}}}
                HAVING count(*) >= {{{holes + 4}}}),
            pause AS (
                SELECT greatest(coalesce((SELECT pause FROM declined), '0'), '0') AS rest),
            stored AS (
                {{insert.Format}} FROM unpaid, pause WHERE cars + {{{holes + 1}}} <= {{{holes + 6}}} AND rest = '0'
                ON CONFLICT (customer_id, idempotency_key) DO NOTHING RETURNING xmin)
            SELECT (SELECT xmin FROM stored), cars, rest FROM unpaid, pause
            """,
            [.. insert.GetArguments(), order.CustomerId, (long)order.Quantity, limits.FirstPause, limits.LongestPause,
                limits.FreeDeclines,
                    limits.DeclinesCountFor, (long)limits.MaxUnpaidCars]);

        await db.Database.OpenConnectionAsync(ct);
        try
        {
            var connection = (NpgsqlConnection)db.Database.GetDbConnection();
            await using var both = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                    {
                        Parameters = { new() { Value = order.CustomerId } },
                    },
                    guarded.ToBatchCommand(),
                },
            };
            await using var reader = await both.ExecuteReaderAsync(ct);
            await reader.NextResultAsync(ct);
            await reader.ReadAsync(ct);
            var isStored = !await reader.IsDBNullAsync(0, ct);
            if (isStored) order.Xmin = await reader.GetFieldValueAsync<uint>(0, ct);
            return new(isStored, reader.GetInt64(1), await reader.GetFieldValueAsync<TimeSpan>(2, ct));
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    static NpgsqlBatchCommand ToBatchCommand(this FormattableString sql)
    {
        var command = new NpgsqlBatchCommand(string.Format(
            System.Globalization.CultureInfo.InvariantCulture, sql.Format,
            [.. Enumerable.Range(1, sql.ArgumentCount).Select(n => $"${n}")]));
        foreach (var value in sql.GetArguments()) command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        return command;
    }
}
