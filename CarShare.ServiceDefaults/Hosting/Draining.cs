using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CarShare.ServiceDefaults;

/// <summary>How a process leaves, configuration section <c>Draining</c>.</summary>
public sealed class DrainingOptions
{
    /// <summary>
    /// How long requests are still taken after SIGTERM while <c>/health</c> already says 503, so that balancers turn
    /// away first.
    /// </summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long requests and batches under way may take after that.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);
}

/// <summary>A shutdown that loses no request.</summary>
public static class Draining
{
    internal static void AddDraining(this IHostApplicationBuilder builder)
    {
        // A developer who presses Ctrl+C has no balancer in front.
        if (builder.Environment.IsDevelopment())
            builder.Services.Configure<DrainingOptions>(options => options.Delay = TimeSpan.Zero);
        builder.Services.Configure<DrainingOptions>(builder.Configuration.GetSection("Draining"));
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<DrainingOptions>>(
            (host, draining) => host.ShutdownTimeout = draining.Value.Delay + draining.Value.Timeout);
        builder.Services.AddHealthChecks().AddCheck<NotStopping>("draining");
        builder.Services.AddHostedService<Pause>();
    }

    /// <summary>
    /// While the process leaves, each answer asks for the next request on another connection: none is then lost on one
    /// that closes under it.
    /// </summary>
    public static void UseDraining(this IApplicationBuilder app)
    {
        var lifetime = app.ApplicationServices.GetRequiredService<IHostApplicationLifetime>();
        app.Use((http, next) =>
        {
            if (lifetime.ApplicationStopping.IsCancellationRequested && HttpProtocol.IsHttp11(http.Request.Protocol))
                http.Response.Headers.Connection = "close";
            return next(http);
        });
    }

    sealed class NotStopping(IHostApplicationLifetime lifetime) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(
            HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested
                ? HealthCheckResult.Unhealthy("draining")
                : HealthCheckResult.Healthy());
    }

    /// <summary>The host asks everybody here before it stops the first service, Kestrel among them.</summary>
    sealed class Pause(IOptions<DrainingOptions> options) : IHostedLifecycleService
    {
        public Task StoppingAsync(CancellationToken cancellationToken) =>
            Task.Delay(options.Value.Delay, cancellationToken);

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
