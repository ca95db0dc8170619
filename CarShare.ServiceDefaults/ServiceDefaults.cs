using CarShare.ServiceDefaults.Authentication;
using CarShare.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace CarShare.ServiceDefaults;

/// <summary>What every CarShare process has in common: two calls in its <c>Program.cs</c>.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>The largest request body, in bytes: 1 MiB. More is answered with 413.</summary>
    public const long MaxBodySize = 1024 * 1024;

    /// <summary>
    /// Registers telemetry (OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set), health checks, service discovery, problem details, authentication and authorization,
    /// strict JSON, <see cref="TimeProvider"/>, the OpenAPI documents <c>v1</c> and <c>internal</c>, Kestrel's limits and a draining shutdown.
    /// </summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.AddTelemetry();
        builder.AddDraining();
        builder.Services.AddSingleton<WarmUps>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WarmUps>());
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddServiceDiscovery();
        builder.Services.AddHealthChecks().AddCheck<WarmUps>("warm");
        builder.Services.AddProblems();
        builder.Services.AddAccess();
        builder.Services.AddOpenApiDocuments();
        builder.Services.ConfigureHttpJsonOptions(options => ApiJson.MakeStrict(options.SerializerOptions));
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.Configure<KestrelServerOptions>(options =>
        {
            options.Limits.MaxRequestBodySize = MaxBodySize;
            options.AddServerHeader = false;
        });
        return builder;
    }

    /// <summary>
    /// Turns errors into problem documents, turns strangers away (see <see cref="PublicRoutes"/>) and maps, in every environment, <c>/alive</c> (the process runs), <c>/health</c> (it can serve: all checks
    /// pass and it is not draining), <c>/started</c> (checks tagged <c>started</c>) and <c>/openapi/{document}.json</c>.
    /// Call it before mapping the service's own endpoints.
    /// </summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        app.UseDraining();
        app.UseProblems();
        app.UseAccess();
        app.MapHealth();
        app.MapOpenApi().ExcludeFromDescription();
        return app;
    }
}
