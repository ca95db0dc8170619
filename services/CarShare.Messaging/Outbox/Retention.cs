using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CarShare.Messaging;

/// <summary>Purges the outbox after 90 days and the inbox after 100, so that no event a republish can bring back finds its inbox row gone.</summary>
sealed partial class Retention<TDb>(IServiceScopeFactory scopes, TimeProvider clock, ILogger<Retention<TDb>> logger) : BackgroundService
    where TDb : DbContext
{
    const int Step = 2_000;
    static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Purge("outbox", "sequence", "occurred_at < now() - interval '90 days' AND sent_at IS NOT NULL", stoppingToken);
                await Purge("inbox", "id", "handled_at < now() - interval '100 days'", stoppingToken);
            }
            catch (Exception e) when (Transactions.IsUnavailable(e) || Transactions.IsConflict(e))
            {
                Log.Postponed(logger, e);
            }
        }
    }

    async Task Purge(string table, string key, string old, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        int removed;
        do
        {
#pragma warning disable EF1002 // the parts are constants of this class
            removed = await db.Database.ExecuteSqlRawAsync($"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {old} LIMIT {Step})", ct);
#pragma warning restore EF1002
        }
        while (removed == Step);
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The purge of old messages is postponed to the next hour")]
        public static partial void Postponed(ILogger logger, Exception error);
    }
}
