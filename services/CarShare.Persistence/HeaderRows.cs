using System.Runtime.CompilerServices;

namespace CarShare.Persistence;

/// <summary>
/// One order, one row (or one customer, one row): whoever does something about it first creates or locks that row, so
/// that early and late messages meet there.
/// </summary>
public static class HeaderRows
{
    /// <summary>
    /// Creates the rows that are missing and locks them all until the transaction ends: one statement in the order of
    /// the keys, so that two batches can't deadlock. The rows stay tracked.
    /// </summary>
    /// <param name="rows">The table; its key is one column.</param>
    /// <param name="keys">Of the rows; one may be named twice.</param>
    /// <param name="columns">Those a new row must have beside its key.</param>
    /// <param name="blank">What stands in them, as SQL.</param>
    /// <param name="ct">Of the caller.</param>
    public static async Task<List<TRow>> CreateAndLock<TRow, TKey>(
        this DbSet<TRow> rows, IEnumerable<TKey> keys, string columns, FormattableString blank, CancellationToken ct)
        where TRow : class
    {
        TKey[] wanted = [.. keys.Distinct()];
        if (wanted.Length == 0) return [];
        var table = rows.EntityType.GetTableName();
        var key = rows.EntityType.FindPrimaryKey()!.Properties.Single().GetColumnName();
        // xmin is the row's version, which * leaves out.
        var sql = FormattableStringFactory.Create(
            $$$"""
            INSERT INTO {{{table}}} ({{{key}}}, {{{columns}}})
                SELECT id, {{{blank.Format}}} FROM unnest({{{{blank.ArgumentCount}}}}) AS id ORDER BY id
            ON CONFLICT ({{{key}}}) DO UPDATE SET {{{key}}} = excluded.{{{key}}}
            RETURNING *, xmin
            """, [.. blank.GetArguments(), wanted]);
        return await rows.FromSql(sql).ToListAsync(ct);
    }

    /// <summary>The row that <see cref="CreateAndLock"/> made or found for the order of an event.</summary>
    /// <exception cref="InvalidOperationException">The event's key names another order.</exception>
    public static TRow Header<TRow>(this DbSet<TRow> rows, Guid orderId)
        where TRow : class => rows.Local.FindEntry(orderId)?.Entity
        ?? throw new InvalidOperationException($"The event's key does not name its order {orderId}.");
}
