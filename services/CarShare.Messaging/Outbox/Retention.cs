namespace CarShare.Messaging;

/// <summary>Purges the outbox after 90 days and the inbox after 100, so that no event a republish can bring back finds its inbox row gone.</summary>
sealed class Retention<TDb>(IServiceScopeFactory scopes, TimeProvider clock, ILogger<Retention<TDb>> logger) : BackgroundService
    where TDb : DbContext
{
    // Small steps: a purge must not hold locks or write-ahead log for long.
    const string Outbox = "DELETE FROM outbox WHERE sequence IN (SELECT sequence FROM outbox WHERE occurred_at < now() - interval '90 days' AND sent_at IS NOT NULL LIMIT 2000)";
    const string Inbox = "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE handled_at < now() - interval '100 days' LIMIT 2000)";

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Supervisor.Keep("The purge of old messages", async ct =>
    {
        await Task.Delay(TimeSpan.FromHours(1), clock, ct);
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        while (await db.Database.ExecuteSqlRawAsync(Outbox, ct) + await db.Database.ExecuteSqlRawAsync(Inbox, ct) > 0) { }
    }, logger, stoppingToken);
}
