using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CarShare.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.CustomerPages.Data;

/// <summary>
/// Finished pages between Redis and PostgreSQL. A page is archived before it leaves Redis, and what is in Redis counts:
/// so it is never missing, and an event that comes late, or again, finds the page it belongs to.
/// </summary>
public sealed class PageArchive(
    IServiceScopeFactory scopes, RedisStore store, IOptions<CustomerPagesOptions> options, TimeProvider clock)
{
    const int Some = 200;

    /// <summary>
    /// No page leaves Redis whose order was made, or which was written or brought back, less than this ago: so what one
    /// batch of events found out about a page is true for as long as it works.
    /// </summary>
    public static readonly TimeSpan Youth = TimeSpan.FromHours(1);

    /// <summary>False when the order is so young that its page, if it is not in Redis, is nowhere.</summary>
    public bool MayHold(Guid order)
    {
        Span<byte> bytes = stackalloc byte[16];
        order.TryWriteBytes(bytes, bigEndian: true, out _);
        // Orders tell in their ids when they were made; of any other id nothing is known.
        return order.Version != 7
            || BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16 < (clock.GetUtcNow() - Youth).ToUnixTimeMilliseconds();
    }

    /// <summary>The earliest time of a last event for which a page written now may count, as Redis counts.</summary>
    public string Touched => Seconds(Youth - options.Value.ArchiveAfter);

    /// <summary>Whether any page of the customer was ever archived; asked of PostgreSQL once.</summary>
    public async Task<bool> HasAny(string customer, CancellationToken ct)
    {
        var any = (await Read($"SELECT 1 FROM archived_pages WHERE customer_id = {customer} LIMIT 1", ct, _ => 1))
            .Count > 0;
        // One that is archived in between says so itself.
        await store.SetIfMissing($"archived:{{{customer}}}", any ? "1" : "0", ct);
        return any;
    }

    /// <summary>Brings the pages of these orders back to Redis, where one stays for an hour at least.</summary>
    /// <param name="orders">Whose pages.</param>
    /// <param name="customer">Null for whoever's they are.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>The orders that are archived.</returns>
    public Task<IReadOnlyCollection<Guid>> Restore(
        IReadOnlyCollection<Guid> orders, string? customer, CancellationToken ct) => Restore(
            $"""
            SELECT order_id, customer_id, content FROM archived_pages
            WHERE order_id = ANY ({orders.ToArray()}) AND customer_id = coalesce({customer}::text, customer_id)
            """, ct);

    /// <summary>The same for the newest pages of a customer between two orders, but for those that are known.</summary>
    public Task<IReadOnlyCollection<Guid>> Restore(
        string customer, Guid below, Guid above, IEnumerable<Guid> known, int limit, CancellationToken ct) => Restore(
            $"""
            SELECT order_id, customer_id, content FROM archived_pages
            WHERE customer_id = {customer} AND order_id < {below} AND order_id > {above}
                AND order_id <> ALL ({known.ToArray()})
            ORDER BY order_id DESC LIMIT {limit}
            """, ct);

    /// <summary>Archives what is over for long enough.</summary>
    /// <returns>How many pages left Redis.</returns>
    public async Task<int> ArchiveDue(CancellationToken ct)
    {
        var (all, left) = (0, 0);
        do
        {
            string[] asked = ["due", Seconds(-options.Value.ArchiveAfter), $"{Some}", $"{Youth.TotalMilliseconds}"];
            var due = (await store.Read(Scripts.Archive, asked, ct))
                .Select(Encoding.UTF8.GetString).Chunk(5)
                .Select(cells => (Order: cells[0], Customer: cells[1], Version: int.Parse(
                    cells[2], CultureInfo.InvariantCulture), Digest: cells[3], Content: cells[4])).ToList();
            if (due.Count == 0) return all;

            Guid[] orders = [.. due.Select(page => Guid.Parse(page.Order))];
            string[] customers = [.. due.Select(page => page.Customer)];
            string[] contents = [.. due.Select(page => page.Content)];
            int[] versions = [.. due.Select(page => page.Version)];
            // A replica that stood still since it read them must not put an older one in the place of a newer.
            await Read(
                $"""
                INSERT INTO archived_pages AS known (order_id, customer_id, version, content)
                SELECT * FROM unnest({orders}, {customers}, {versions}, {contents}) AS due (o, c, v, content) ORDER BY o
                ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, content = excluded.content
                WHERE known.version <= excluded.version
                """, ct, _ => 0);
            var gone = await Task.WhenAll(due.Select(page =>
                store.Run(Scripts.Archive, [], ["leave", page.Order, page.Customer, page.Digest])));
            left = gone.Count(went => went == 1);
            all += left;
        }
        while (left > 0);
        return all;
    }

    async Task<IReadOnlyCollection<Guid>> Restore(FormattableString sql, CancellationToken ct)
    {
        var rows = await Read(sql, ct, row => (
            Order: row.GetGuid(0), Customer: row.GetString(1), Content: row.GetString(2)));
        await Task.WhenAll(rows.Select(page => store.Run(Scripts.Archive, [],
            ["back", $"{page.Order}", page.Customer, page.Content, Touched])));
        return [.. rows.Select(page => page.Order)];
    }

    async Task<List<T>> Read<T>(FormattableString sql, CancellationToken ct, Func<Npgsql.NpgsqlDataReader, T> row)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<CustomerPagesDb>().Read(sql, row, ct);
    }

    /// <summary>As Redis counts them: since year 1.</summary>
    string Seconds(TimeSpan fromNow) =>
        ((clock.GetUtcNow() + fromNow).Ticks / (double)TimeSpan.TicksPerSecond)
            .ToString("F3", CultureInfo.InvariantCulture);
}
