using System.Diagnostics;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CarShare.ServiceDefaults.Hosting;

/// <summary>
/// Metrics are always there, at <see cref="MetricsPath"/>. Traces and logs go where OpenTelemetry's own variables
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and the like) or <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c> say;
/// <c>OTEL_SDK_DISABLED=true</c> switches everything off.
/// </summary>
public static class Telemetry
{
    internal const string MetricsPath = "/metrics";

    const string Otlp = "OTEL_EXPORTER_OTLP_ENDPOINT", AzureMonitor = "APPLICATIONINSIGHTS_CONNECTION_STRING",
        Disabled = "OTEL_SDK_DISABLED";

    // Our own sources and the libraries' that name theirs themselves.
    static readonly string[] Sources = ["CarShare.*", "Npgsql"], Meters = ["CarShare.*", "Npgsql", "Polly"];

    static readonly Dictionary<string, string?> Quiet = new()
    {
        // Each refused call would be a line: what a caller did wrong is told to the caller.
        ["Logging:LogLevel:Grpc"] = "Warning",
        ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
        ["Logging:LogLevel:Microsoft.EntityFrameworkCore"] = "Warning",
        // Each slow call would be one, with a stack trace. They are counted, and CircuitBreaker tells of what matters.
        ["Logging:LogLevel:Polly"] = "Critical",
        ["Logging:LogLevel:System.Net.Http.HttpClient"] = "Warning",
        ["Logging:LogLevel:Yarp"] = "Warning",
        ["Logging:LogLevel:Yarp.ReverseProxy.Forwarder"] = "Error",
    };

    internal static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        // Lowest in priority, so that any other configuration overrides it: a line per request and per query would cost
        // more than the work.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Quiet });
        builder.AddReadableLogs();
        if (builder.Configuration.GetValue(Disabled, false)) return;
        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(NameInstance);
        telemetry.WithMetrics(metrics => metrics
            .AddMeter(Meters)
            .AddAspNetCoreInstrumentation()
            .AddHttpClientInstrumentation()
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
        // Spans and log records that nobody collects would cost more than the work, too.
        if (!builder.IsTraced()) return;
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
            logging.AddProcessor(new OrderOnRecords());
        });
        telemetry.WithTracing(tracing => tracing
            .AddSource(Sources)
            .AddAspNetCoreInstrumentation(server => server.Filter = http => !IsOwnBusiness(http.Request.Path))
            .AddHttpClientInstrumentation()
            .AddProcessor(new WithoutPolls())
            .AddProcessor(new OrderOnSpans()));
        if (builder.Has(Otlp)) telemetry.UseOtlpExporter();
        if (!builder.Has(AzureMonitor)) return;
        // This exporter brings a sampler that decides in each process anew, and leaves out the records of traces that
        // are not recorded: whoever looks here is to see what every other collector sees.
        builder.Services.Configure<AzureMonitorExporterOptions>(options => options.EnableTraceBasedLogsSampler = false);
        telemetry.UseAzureMonitorExporter().WithTracing(tracing => tracing.SetSampler(new ParentBasedSampler(
            new TraceIdRatioBasedSampler(builder.Configuration["OTEL_TRACES_SAMPLER"] switch
            {
                "always_off" or "parentbased_always_off" => 0,
                "traceidratio" or "parentbased_traceidratio" =>
                    builder.Configuration.GetValue("OTEL_TRACES_SAMPLER_ARG", 1.0),
                _ => 1,
            }))));
    }

    /// <summary>True when somebody collects spans: libraries may then write theirs.</summary>
    public static bool IsTraced(this IHostApplicationBuilder builder) =>
        !builder.Configuration.GetValue(Disabled, false) && (builder.Has(Otlp) || builder.Has(AzureMonitor));

    static bool Has(this IHostApplicationBuilder builder, string variable) =>
        !string.IsNullOrWhiteSpace(builder.Configuration[variable]);

    /// <summary>
    /// The metrics as text for Prometheus, for whoever reaches this port: no gateway route leads there.
    /// </summary>
    internal static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.HasMetrics())
            routes.MapPrometheusScrapingEndpoint(MetricsPath).DisableHttpMetrics().AllowAnyone();
    }

    /// <summary>The same on a port where nothing is routed.</summary>
    internal static void UseMetrics(this IApplicationBuilder app)
    {
        app.Use((http, next) =>
        {
            if (http.Features.Get<IHttpMetricsTagsFeature>() is { } metrics) metrics.MetricsDisabled = true;
            return next(http);
        });
        if (app.ApplicationServices.HasMetrics())
            app.UseOpenTelemetryPrometheusScrapingEndpoint(http => http.Request.Path == MetricsPath);
    }

    /// <summary>A counter is one process's; OpenTelemetry's own variables come last and may name it else.</summary>
    static void NameInstance(ResourceBuilder resource) => resource
        .AddAttributes([new("service.instance.id", $"{Environment.MachineName}-{Environment.ProcessId}")])
        .AddEnvironmentVariableDetector();

    static bool HasMetrics(this IServiceProvider services) => services.GetService<MeterProvider>() is not null;

    /// <summary>Probes and scrapes come every few seconds and would bury the rentals among the traces.</summary>
    static bool IsOwnBusiness(PathString path) => path.Value is "/alive" or "/health" or "/started" or MetricsPath;

    /// <summary>
    /// Outside of Development a line is an object with trace, span and order, for whatever gathers what the process
    /// writes. An order's work has a trace also where no span is recorded, or nobody could tell its lines.
    /// </summary>
    static void AddReadableLogs(this IHostApplicationBuilder builder)
    {
        builder.Logging.Configure(logging =>
            logging.ActivityTrackingOptions = ActivityTrackingOptions.TraceId | ActivityTrackingOptions.SpanId
                | ActivityTrackingOptions.Baggage);
        // Whoever reads what is written may stop to; then lines are lost, and not everybody who has one to write waits.
        builder.Services.Configure<ConsoleLoggerOptions>(
            console => console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        if (!builder.Environment.IsDevelopment()) builder.Logging.AddJsonConsole(json => json.IncludeScopes = true);
        ActivitySource.AddActivityListener(new()
        {
            ShouldListenTo = source => source.Name.StartsWith("CarShare.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData,
        });
    }
}
