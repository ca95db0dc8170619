using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CarShare.Idempotency;

/// <summary>Registration.</summary>
public static class IdempotencyRegistration
{
    /// <summary>Forgets keys of <typeparamref name="TDb"/> after 30 days; nobody repeats a request that late.</summary>
    public static IServiceCollection AddIdempotency<TDb>(this IServiceCollection services) where TDb : DbContext =>
        services.AddHostedService<KeyRetention<TDb>>();
}

sealed class KeyRetention<TDb>(IServiceScopeFactory scopes, Supervisor supervisor, TimeProvider clock)
    : BackgroundService
    where TDb : DbContext
{
    // A small step each: a purge must not hold locks or write-ahead log for long.
    const string Old =
        """
        DELETE FROM idempotency_keys WHERE (caller, operation, key) IN (
            SELECT caller, operation, key FROM idempotency_keys WHERE created_at < now() - interval '30 days'
                LIMIT 2000)
        """;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervisor.Run("The purge of old idempotency keys", async ct =>
        {
            await Task.Delay(TimeSpan.FromHours(1), clock, ct);
            await using var scope = scopes.CreateAsyncScope();
            var database = scope.ServiceProvider.GetRequiredService<TDb>().Database;
            while (await database.ExecuteSqlRawAsync(Old, ct) > 0) { }
        }, stoppingToken);
}
