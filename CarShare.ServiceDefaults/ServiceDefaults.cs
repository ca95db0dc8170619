using System.Globalization;
using System.Text;
using CarShare.ServiceDefaults.Authentication;
using CarShare.ServiceDefaults.Hosting;
using CarShare.ServiceDefaults.Requests;
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
    /// Registers telemetry (metrics at <c>/metrics</c>; OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set), health
    /// checks, service discovery, problem details, authentication and authorization, strict JSON,
    /// <see cref="TimeProvider"/>, the OpenAPI documents <c>v1</c> and <c>internal</c>, Kestrel's limits and a draining
    /// shutdown.
    /// </summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        builder.AddTelemetry();
        builder.Services.AddHealth();
        builder.AddDraining();
        builder.Services.AddSingleton<WarmUps>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WarmUps>());
        builder.Services.TryAddSingleton<TimeProvider>(new Clock());
        builder.Services.AddServiceDiscovery();
        // CarShare's own services are next door: a proxy of the shell's, or of the company's, is not between them. A
        // client of somebody outside says so itself.
        builder.Services.ConfigureHttpClientDefaults(client =>
            client.UseSocketsHttpHandler((handler, _) => handler.UseProxy = false));
        builder.Services.TryAddSingleton<BreakerMetrics>();
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
            // Byte for byte: what a header may hold is for those to say who read it, and they say it with a problem
            // document.
            options.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        });
        return builder;
    }

    /// <summary>
    /// Turns errors into problem documents, turns strangers away (see <see cref="Identity"/>), refuses requests that
    /// say something nobody here understands, and maps, in every environment, <c>/alive</c> (the process runs),
    /// <c>/health</c> (it can serve: all checks pass and it is not draining), <c>/started</c> (checks tagged
    /// <c>started</c>) and <c>/openapi/{document}.json</c>. Call it before mapping the service's own endpoints.
    /// </summary>
    public static WebApplication MapServiceDefaults(this WebApplication app)
    {
        app.UseDraining();
        app.UseProblems();
        app.UseHead();
        app.UseRouting();
        app.UseAccess();
        app.UseOrderTrace();
        app.UseRequestRules();
        app.MapHealth();
        app.MapMetrics();
        app.MapOpenApi().ExcludeFromDescription().AllowAnyone();
        return app;
    }
}
