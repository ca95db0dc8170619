namespace CarShare.Messaging;

/// <summary>
/// Measures what waits: unsent events and parked ones. Read from the tables and by every replica, so that a relay that
/// stands still, or whose lock nobody gets, can't hide it.
/// </summary>
sealed class Backlog<TDb>(
    IServiceScopeFactory scopes, Supervisor supervisor, MessagingMetrics metrics) : BackgroundService
    where TDb : DbContext
{
    static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervisor.Every(Period, "The count of waiting events", Count, stoppingToken);

    async Task Count(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        // The database's clock on both sides, and only rows of the partial index.
        var (unsent, age, parked) = (await db.Read(
            $"""
            SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8,
                   (SELECT count(*) FROM dead_letters WHERE redriven_at IS NULL)
            FROM outbox WHERE sent_at IS NULL
            """, row => (row.GetInt64(0), row.GetDouble(1), row.GetInt64(2)), ct)).Single();
        metrics.Waiting(unsent, TimeSpan.FromSeconds(Math.Max(0, age)), parked);
    }
}
