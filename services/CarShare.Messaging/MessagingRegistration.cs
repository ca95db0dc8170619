namespace CarShare.Messaging;

/// <summary>Registration of the consuming half and of the kernel's internal routes.</summary>
public static class MessagingRegistration
{
    /// <summary>Consumes events into <typeparamref name="TDb"/>; every replica started with the same <paramref name="group"/> takes its share of the partitions.</summary>
    public static IHostApplicationBuilder AddConsumer<TDb>(
        this IHostApplicationBuilder builder, string group, Action<Subscriptions<TDb>> subscribe, Action<ConsumerOptions>? configure = null)
        where TDb : DbContext
    {
        var subscriptions = new Subscriptions<TDb>();
        subscribe(subscriptions);
        builder.Services.AddSingleton(subscriptions);
        builder.Services.AddSingleton<DatabaseSink<TDb>>();
        builder.Services.AddSingleton<Redrive>(services => services.GetRequiredService<DatabaseSink<TDb>>().Redrive);
        return builder.AddConsumer(group, subscriptions.Topics, services => services.GetRequiredService<DatabaseSink<TDb>>(), configure);
    }

    /// <summary>Consumes events into a sink of the service's own.</summary>
    public static IHostApplicationBuilder AddConsumer(
        this IHostApplicationBuilder builder, string group, IReadOnlyCollection<string> topics, Func<IServiceProvider, IEventSink> sink, Action<ConsumerOptions>? configure = null)
    {
        var options = new ConsumerOptions { Group = group, Topics = topics };
        configure?.Invoke(options);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(sink);
        builder.Services.TryAddSingleton<MessagingMetrics>();
        builder.Services.AddSingleton<Republisher>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Republisher>());
        builder.Services.AddHostedService<Consumer>();
        builder.Services.AddHttpClient(Republisher.ClientName, client => client.Timeout = TimeSpan.FromMinutes(2)).AddServiceDiscovery().AddServiceToken();
        return builder;
    }

    /// <summary>Maps <c>POST /internal/events/republish</c> (services with an outbox) and <c>POST /internal/events/redrive</c> (services with a <see cref="Redrive"/>).</summary>
    public static IEndpointRouteBuilder MapMessaging(this IEndpointRouteBuilder app)
    {
        var services = app.ServiceProvider.GetRequiredService<IServiceProviderIsService>();
        if (services.IsService(typeof(RelaySignal))) Republishing.Map(app);
        if (services.IsService(typeof(Redrive))) app.MapPost("/internal/events/redrive", async (Redrive redrive, CancellationToken ct) => TypedResults.Ok(await redrive(ct))).RequireOperations();
        return app;
    }
}

/// <summary>Handles every parked letter of the service again. Registered by <c>AddConsumer</c> for a PostgreSQL store; a service with a sink of its own may register one.</summary>
public delegate Task<RedriveResult> Redrive(CancellationToken ct);

/// <summary>What became of the parked letters.</summary>
/// <param name="Redriven">Completed now.</param>
/// <param name="Failed">Failed again and still parked.</param>
public sealed record RedriveResult(int Redriven, int Failed);
