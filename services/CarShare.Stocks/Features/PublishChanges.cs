using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Stocks.Data;
using CarShare.Stocks.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.Stocks.Features;

/// <summary>Tells everybody how many cars a product has and how many are free, some times a second instead of once per rental. Any number of replicas may do so at once.</summary>
sealed partial class PublishChanges(IServiceScopeFactory scopes, IOptions<StocksOptions> options, TimeProvider clock, ILogger<PublishChanges> logger) : BackgroundService
{
    const int RestPerWork = 100;
    static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var rest = options.Value.PublishInterval;
        while (true)
        {
            await Task.Delay(rest, clock, stoppingToken);
            var start = clock.GetTimestamp();
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                await Publish(scope.ServiceProvider.GetRequiredService<StocksDb>(), stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Postponed(logger, e);
            }

            // Counting takes the longer the more cars there are, and must not become the main thing the database does.
            rest = TimeSpan.FromTicks(Math.Max(options.Value.PublishInterval.Ticks, Math.Min(LongestRest.Ticks, clock.GetElapsedTime(start).Ticks * RestPerWork)));
        }
    }

    async Task Publish(StocksDb db, CancellationToken ct)
    {
        var changed = await db.Database.SqlQuery<Guid>(
            $"""
            SELECT p.product_id AS "Value" FROM products p
            LEFT JOIN (SELECT product_id, count(*) AS cars FROM vehicles WHERE order_id IS NULL AND state = 'Available' GROUP BY product_id) free USING (product_id)
            WHERE p.total <> p.published_total OR coalesce(free.cars, 0) <> p.published_available
            """).ToListAsync(ct);
        if (changed.Count > 0) await db.InTransaction(token => Publish(db, [.. changed], token), ct);
    }

    async Task<int> Publish(StocksDb db, Guid[] changed, CancellationToken ct)
    {
        // Counted by a statement that begins after the locks are held; otherwise a higher version could carry the older number.
        await db.Database.ExecuteSqlAsync($"SELECT FROM products WHERE product_id = ANY({changed}) ORDER BY product_id FOR NO KEY UPDATE", ct);
        var products = await db.Products.FromSql(
            $"""
            UPDATE products p SET version = p.version + 1, published_total = p.total, published_available = free.cars
            FROM unnest({changed}) AS id
            CROSS JOIN LATERAL (SELECT count(*) AS cars FROM vehicles v WHERE v.product_id = id AND v.order_id IS NULL AND v.state = 'Available') free
            WHERE p.product_id = id AND (p.total <> p.published_total OR free.cars <> p.published_available)
            RETURNING p.*
            """).AsNoTracking().ToListAsync(ct);
        foreach (var p in products) db.Publish(Fact(p));
        return products.Count;
    }

    ProductChanged Fact(Product p) => new(p.ProductId, clock.GetUtcNow(), p.ModelName, p.HourlyRate, p.PublishedTotal, p.PublishedAvailable, p.Version);

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The numbers of free cars can't be published now; the next pass does it")]
        public static partial void Postponed(ILogger logger, Exception error);
    }
}
