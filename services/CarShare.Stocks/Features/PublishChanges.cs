using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.Extensions.Options;

namespace CarShare.Stocks.Features;

/// <summary>
/// Tells everybody how many cars a product has, how many are free and where, some times a second instead of once per
/// rental. Any number of replicas may do so at once.
/// </summary>
sealed class PublishChanges(
    IServiceScopeFactory scopes, IOptions<StocksOptions> options, Supervisor supervisor, TimeProvider clock)
    : BackgroundService
{
    const int RestPerWork = 100;
    static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervisor.Run("Publishing the numbers of free cars", Run, stoppingToken);

    async Task Run(CancellationToken ct)
    {
        var rest = options.Value.PublishInterval;
        while (true)
        {
            await Task.Delay(rest, clock, ct);
            var start = clock.GetTimestamp();
            await using (var scope = scopes.CreateAsyncScope())
                await Publish(scope.ServiceProvider.GetRequiredService<StocksDb>(), ct);

            // Counting takes the longer the more cars there are, and must not become the main thing the database does.
            var most = Math.Min(LongestRest.Ticks, clock.GetElapsedTime(start).Ticks * RestPerWork);
            rest = TimeSpan.FromTicks(Math.Max(options.Value.PublishInterval.Ticks, most));
        }
    }

    async Task Publish(StocksDb db, CancellationToken ct)
    {
        var changed = await db.ProductsThatChanged(ct);
        if (changed.Count == 0) return;
        await db.InTransaction(async token =>
        {
            foreach (var product in await db.Recount([.. changed], token)) db.Publish(
                product.Changed(clock.GetUtcNow()));
            return changed.Count;
        }, ct);
    }
}
