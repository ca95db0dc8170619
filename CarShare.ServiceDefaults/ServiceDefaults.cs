using CarShare.ServiceDefaults.Errors;
using CarShare.ServiceDefaults.Hosting;
using CarShare.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace CarShare.ServiceDefaults;

/// <summary>What every CarShare process has in common: two calls in its <c>Program.cs</c>.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>The largest request body, in bytes: 1 MiB. More is answered with 413.</summary>
    public const long MaxBodySize = 1024 * 1024;

    /// <summary>
    /// Registers telemetry (OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set), health checks, service discovery, problem details,
    /// strict JSON, <see cref="TimeProvider"/>, the OpenAPI documents <c>v1</c> and <c>internal</c>, Kestrel's limits and a draining shutdown.
    /// </summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.AddTelemetry();
        builder.AddDraining();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddServiceDiscovery();
        builder.Services.AddHealthChecks();
        builder.Services.AddProblems();
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
    /// Turns errors into problem documents and maps, in every environment, <c>/alive</c> (the process runs), <c>/health</c> (it can serve: all checks
    /// pass and it is not draining), <c>/started</c> (checks tagged <c>started</c>) and <c>/openapi/{document}.json</c>.
    /// Call it before mapping the service's own endpoints.
    /// </summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        app.UseProblems();
        app.MapHealth();
        app.MapOpenApi().ExcludeFromDescription();
        return app;
    }

    /// <summary>Maps <c>/alive</c>, <c>/health</c> and <c>/started</c> alone.</summary>
    /// <returns>The three endpoints, so that a caller can restrict them to a port.</returns>
    public static IEndpointConventionBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").DisableHttpMetrics().ExcludeFromDescription();
        group.MapHealthChecks("/alive", new() { Predicate = _ => false });
        group.MapHealthChecks("/health", new() { ResponseWriter = WriteEntries });
        group.MapHealthChecks("/started", new() { Predicate = check => check.Tags.Contains("started"), ResponseWriter = WriteEntries });
        return group;
    }

    static Task WriteEntries(HttpContext http, HealthReport report) => http.Response.WriteAsJsonAsync(
        new { status = report.Status.ToString(), checks = report.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Status.ToString()) },
        http.RequestAborted);
}
