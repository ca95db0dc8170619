namespace CarShare.Messaging;

/// <summary>Registration of the consuming half and of the kernel's internal routes.</summary>
public static class MessagingRegistration
{
    /// <summary>
    /// Consumes events into <typeparamref name="TDb"/>; every replica started with the same <paramref name="group"/>
    /// takes its share of the partitions.
    /// </summary>
    public static IHostApplicationBuilder AddConsumer<TDb>(
        this IHostApplicationBuilder builder, string group, Action<Subscriptions<TDb>> subscribe,
        Action<ConsumerOptions>? configure = null)
        where TDb : DbContext
    {
        var subscriptions = new Subscriptions<TDb>();
        subscribe(subscriptions);
        builder.Services.AddSingleton(subscriptions);
        builder.Services.AddSingleton<DatabaseSink<TDb>>();
        builder.Services.AddSingleton<Redrive>(services => services.GetRequiredService<DatabaseSink<TDb>>().Redrive);
        builder.Services.AddSingleton<ParkedLetters>(
            services => services.GetRequiredService<DatabaseSink<TDb>>().Parked);
        return builder.AddConsumer(
            group, subscriptions.Topics, services => services.GetRequiredService<DatabaseSink<TDb>>(), configure);
    }

    /// <summary>Consumes events into a sink of the service's own.</summary>
    public static IHostApplicationBuilder AddConsumer(
        this IHostApplicationBuilder builder, string group, IReadOnlyCollection<string> topics,
        Func<IServiceProvider, IEventSink> sink,
        Action<ConsumerOptions>? configure = null)
    {
        var options = new ConsumerOptions { Group = group, Topics = topics };
        configure?.Invoke(options);
        builder.AddKernel();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(sink);
        builder.Services.AddSingleton<Handling>().AddSingleton<CatchUp>().AddSingleton<ConsumerWatch>();
        builder.Services.AddHostedService<Consumer>();
        builder.Services.AddHealthChecks().AddCheck<ConsumerWatch>("consumer", tags: [Health.Live]);
        builder.Services.AddHttpClient(CatchUp.ClientName).AddServiceDiscovery().AddServiceToken();
        return builder;
    }

    /// <summary>
    /// Maps <c>GET /internal/events</c> (services with an outbox) and, where letters are parked, <c>GET
    /// /internal/dead-letters</c>, <c>POST /internal/dead-letters/{id}/redrive</c> and <c>POST
    /// /internal/events/redrive</c> (all of them).
    /// </summary>
    public static IEndpointRouteBuilder MapMessaging(this IEndpointRouteBuilder app)
    {
        var services = app.ServiceProvider.GetRequiredService<IServiceProviderIsService>();
        if (services.IsService(typeof(RelaySignal))) Feed.Map(app);
        if (services.IsService(typeof(Redrive))) DeadLetters.Map(app);
        return app;
    }

    internal static void AddKernel(this IHostApplicationBuilder builder)
    {
        MessagingFaults.Teach();
        builder.Services.TryAddSingleton<MessagingMetrics>();
        builder.Services.TryAddSingleton<Supervisor>();
        builder.Services.TryAddSingleton<TopicCheck>();
    }
}
