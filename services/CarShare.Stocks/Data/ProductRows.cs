using CarShare.Contracts;
using CarShare.Stocks.Domain;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Stocks.Data;

/// <summary>How rows of products are locked and counted.</summary>
static class ProductRows
{
    /// <summary>
    /// Places are compared in lower case, by a collation that every server has (one whose locale is C knows the case of
    /// ASCII only), and else as any text, so that an index may be used.
    /// </summary>
    const string EveryScript = "COLLATE \"und-x-icu\"", AsText = "COLLATE \"default\"";

    const string Place = $"lower(location {EveryScript}) {AsText}";

    /// <summary>
    /// Every product as it should be published, from its free cars; what it was stays where no car is free.
    /// </summary>
    const string Counted =
        $"""
        SELECT p.product_id, CASE WHEN p.retired_at IS NULL THEN coalesce(free.cars, 0) ELSE 0 END AS available,
               CASE WHEN free.cars IS NULL THEN coalesce(p.shown_location, p.location)
                    WHEN p.location = ANY(free.places) THEN p.location ELSE free.places[1] END AS location,
               coalesce(free.keys, (
                   SELECT array_agg({Place} ORDER BY nth) FROM unnest(
                       CASE WHEN cardinality(p.places) = 0 THEN ARRAY[p.location::text] ELSE p.places END)
                       WITH ORDINALITY AS last(location, nth))) AS places
        FROM products p LEFT JOIN (
            SELECT product_id, sum(cars)::int AS cars, array_agg(location::text ORDER BY cars DESC, location) AS places,
                   array_agg(DISTINCT {Place} ORDER BY {Place}) AS keys
            FROM (SELECT product_id, location, count(*) AS cars FROM vehicles
                  WHERE order_id IS NULL AND state = 'Available' GROUP BY product_id, location) AS place
            GROUP BY product_id) AS free USING (product_id)
        """;

    const string Differs =
        """
        (p.total <> p.published_total OR counted.available <> p.published_available
         OR p.shown_location IS DISTINCT FROM counted.location OR p.places <> counted.places)
        """;

    public static Task<List<Guid>> ProductsThatChanged(this StocksDb db, CancellationToken ct) =>
        db.Database.SqlQueryRaw<Guid>(
            $"""
            SELECT p.product_id AS "Value" FROM products p JOIN ({Counted}) AS counted USING (product_id)
                WHERE {Differs}
            """).ToListAsync(ct);

    /// <summary>Stores what is to be published of these products, each with its next version.</summary>
    public static async Task<List<Product>> Recount(this StocksDb db, Guid[] products, CancellationToken ct)
    {
        // Counted by a statement that begins after the locks are held; otherwise a higher version could carry the older
        // number.
        await db.Database.ExecuteSqlAsync(
            $"SELECT FROM products WHERE product_id = ANY({products}) ORDER BY product_id FOR NO KEY UPDATE", ct);
        return await db.Products.FromSqlRaw(
            $$"""
            UPDATE products p SET version = p.version + 1, published_total = p.total,
                published_available = counted.available,
                shown_location = counted.location, places = counted.places
            FROM ({{Counted}} WHERE product_id = ANY({0})) AS counted
            WHERE p.product_id = counted.product_id AND {{Differs}}
            RETURNING p.*
            """, products).AsNoTracking().ToListAsync(ct);
    }

    /// <summary>Products of which a car stands at this place, however its letters are written.</summary>
    public static IQueryable<Product> At(this StocksDb db, string location) => db.Products.FromSqlRaw(
        $"SELECT * FROM products WHERE places @> ARRAY[lower({{0}}::text {EveryScript}) {AsText}]", location);

    public static Task<Product?> LockProduct(this StocksDb db, Guid productId, CancellationToken ct) =>
        db.Products.FromSql($"SELECT * FROM products WHERE product_id = {productId} FOR NO KEY UPDATE")
            .SingleOrDefaultAsync(ct);

    /// <summary>Null when there is no such product.</summary>
    public static async Task<Product?> AddToTotal(this StocksDb db, Guid productId, int cars, CancellationToken ct) =>
        (await db.Products.FromSql(
            $"UPDATE products SET total = total + {cars} WHERE product_id = {productId} RETURNING *")
            .AsNoTracking().ToListAsync(ct)).SingleOrDefault();

    /// <summary>The product in the words of the published language.</summary>
    public static ProductChanged Changed(this Product p, DateTimeOffset now) =>
        new(p.ProductId, now, p.ModelName, p.HourlyRate, p.PublishedTotal, p.PublishedAvailable, p.Version);
}
