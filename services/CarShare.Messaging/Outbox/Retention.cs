namespace CarShare.Messaging;

/// <summary>
/// Purges the outbox after 90 days and the inbox after 100, so that no event a catch-up can bring back finds its inbox
/// row gone. Small steps, so that a purge holds no locks or write-ahead log for long, one after the other until nothing
/// is due.
/// </summary>
sealed class Retention<TDb>(IServiceScopeFactory scopes, Supervisor supervisor, TimeProvider clock) : BackgroundService
    where TDb : DbContext
{
    // By key, which grows with time: from the oldest row on, each step reads only what it deletes.
    internal const string Outbox =
        """
        DELETE FROM outbox WHERE sequence IN
            (SELECT sequence
             FROM (SELECT sequence, occurred_at FROM outbox WHERE sent_at IS NOT NULL
                   ORDER BY sequence LIMIT 5000) AS oldest
             WHERE occurred_at < now() - interval '90 days')
        """;

    internal const string Inbox =
        """
        DELETE FROM inbox WHERE id IN
            (SELECT id FROM (SELECT id, handled_at FROM inbox ORDER BY id LIMIT 5000) AS oldest
             WHERE handled_at < now() - interval '100 days')
        """;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervisor.Run("The purge of old messages", async ct =>
    {
        await Task.Delay(TimeSpan.FromMinutes(10), clock, ct);
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        while (await db.Database.ExecuteSqlRawAsync(Outbox, ct)
            + await db.Database.ExecuteSqlRawAsync(Inbox, ct) > 0) { }
    }, stoppingToken);
}
