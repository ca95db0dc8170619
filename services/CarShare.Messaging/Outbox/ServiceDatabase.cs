namespace CarShare.Messaging;

/// <summary>Registration of a service's PostgreSQL store together with its outbox.</summary>
public static class ServiceDatabase
{
    /// <summary>
    /// Adds <typeparamref name="TDb"/> on connection string <paramref name="name"/>, its health, the relay and the
    /// retention of the kernel's tables.
    /// </summary>
    /// <param name="builder">The service.</param>
    /// <param name="name">Of the connection string.</param>
    /// <param name="rehearse">The statements of the use case that must not be slow, for a case of nobody: run once
    /// before the service listens, saved and rolled back.</param>
    public static IHostApplicationBuilder AddServiceDatabase<TDb>(
        this IHostApplicationBuilder builder, string name, Func<TDb, CancellationToken, Task>? rehearse = null)
        where TDb : DbContext
    {
        builder.AddKernel();
        builder.AddPostgresStore<TDb>(
            name, async (db, ct) =>
            {
                await db.Set<OutboxMessage>().OrderBy(m => m.Sequence).Take(1).ToListAsync(ct);
                if (rehearse is not null) await rehearse(db, ct);
            }, options => options.AddInterceptors(new WakeRelayAfterCommit()));
        builder.Services.AddSingleton(
            new RelayTarget(PostgresStore.Sessions(builder.Configuration.GetConnectionString(name)!), name));
        builder.Services.AddSingleton<RelaySignal>().AddSingleton<Shipment>();
        builder.Services.AddHostedService<Relay>();
        builder.Services.AddHostedService<Retention<TDb>>();
        builder.Services.AddHostedService<Backlog<TDb>>();
        return builder;
    }
}
