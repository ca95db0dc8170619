using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging;

namespace CarShare.Persistence;

/// <summary>A service's PostgreSQL store: its context, its sessions and its health.</summary>
public static class PostgresStore
{
    // A statement prepared while its table was small is kept when it has grown: looking up one of 200,000 rows by its
    // key then took 167 ms instead of 0.1 until the server had counted the rows anew. What really has no index is so
    // dear to the planner without enable_seqscan that it compiles it: 2.1 s for the first one instead of 0.1.
    /// <summary>Settings of every session.</summary>
    public const string SessionSettings = "-c enable_seqscan=off -c jit=off";

    static readonly EventId[] Failures =
    [
        RelationalEventId.ConnectionError, RelationalEventId.CommandError, RelationalEventId.TransactionError,
        CoreEventId.QueryIterationFailed, CoreEventId.SaveChangesFailed,
    ];

    /// <summary>
    /// Adds <typeparamref name="TDb"/> on connection string <paramref name="name"/> and its health: ready once the
    /// schema is complete and the store answers.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="name">Of the connection string.</param>
    /// <param name="rehearse">Statements run once before the service listens, saved and rolled back.</param>
    /// <param name="options">Of the context.</param>
    /// <param name="isNeeded">False for a store that most requests do without: once its schema is complete, the service
    /// stays ready without it.</param>
    public static IHostApplicationBuilder AddPostgresStore<TDb>(
        this IHostApplicationBuilder builder, string name, Func<TDb, CancellationToken, Task> rehearse,
        Action<DbContextOptionsBuilder>? options = null, bool isNeeded = true)
        where TDb : DbContext
    {
        builder.AddNpgsqlDbContext<TDb>(
            name,
            settings =>
            {
                settings.DisableRetry = true;
                settings.DisableHealthChecks = true;
                // The service defaults collect both where somebody looks at them.
                settings.DisableTracing = settings.DisableMetrics = true;
                settings.ConnectionString = Sessions(
                    settings.ConnectionString
                    ?? throw new InvalidOperationException($"Connection string '{name}' is missing."));
            },
            database =>
            {
                // Thrown to whoever asked, who says what became of it; said here too it would be a stack trace for each
                // request while the store is away.
                database.ConfigureWarnings(events => events.Log([.. Failures.Select(id => (id, LogLevel.Debug))]));
                options?.Invoke(database);
            });

        builder.Services.AddScoped<DbContext>(services => services.GetRequiredService<TDb>());
        builder.Services.AddHealthChecks().AddCheck<SchemaCheck<TDb>>("database", tags: [Health.Started]);
        builder.Services.AddSingleton(services => new SchemaCheck<TDb>(
            services.GetRequiredService<IServiceScopeFactory>(), isNeeded));
        builder.Services.AddSingleton(new WarmUp("its database", async (services, ct) =>
        {
            await using var scope = services.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<TDb>();
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await rehearse(db, ct);
            await db.SaveChangesAsync(ct);   // and never committed
        }));
        return builder;
    }

    /// <summary>
    /// The connection string with the settings of a service's sessions: they give up a lock after 2 s and are ended by
    /// the server when idle for 10 s inside a transaction, so that a frozen process blocks nobody for long.
    /// </summary>
    public static string Sessions(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        // Few, so that the instance that takes over from a dead one does not spend its time on opening more: each costs
        // the server a process.
        MaxPoolSize = 12,
        Timeout = 2,
        CommandTimeout = 5,
        MaxAutoPrepare = 100,
        AutoPrepareMinUsages = 2,
        // Nothing here changes a session, so there is nothing to reset between two uses.
        NoResetOnClose = true,
        Options = $"-c lock_timeout=2s -c idle_in_transaction_session_timeout=10s {SessionSettings}",
    }.ConnectionString;
}

/// <summary>
/// Healthy when every migration this build knows is applied and the store, if it is needed, answers.
/// </summary>
sealed class SchemaCheck<TDb>(IServiceScopeFactory scopes, bool isNeeded) : IHealthCheck
    where TDb : DbContext
{
    volatile bool _complete;

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (_complete && !isNeeded) return HealthCheckResult.Healthy();
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<TDb>().Database;
        try
        {
            if (_complete)
            {
                await database.ExecuteSqlRawAsync("SELECT 1", cancellationToken);
                return HealthCheckResult.Healthy();
            }

            var pending = await database.GetPendingMigrationsAsync(cancellationToken);
            _complete = !pending.Any();
            return _complete
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"Waiting for migrations: {string.Join(", ", pending)}");
        }
        catch (Exception e) when (Faults.Passes(e))
        {
            return HealthCheckResult.Unhealthy("The store can't be reached.");
        }
    }
}
