using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Trace;

namespace CarShare.ServiceTests.Hosting;

/// <summary>
/// Meters of one name are one to the library that collects them: those of a host that ends take another host's
/// with them, which only a process of many hosts can see.
/// </summary>
[CollectionDefinition(nameof(TelemetryTests), DisableParallelization = true)]
public sealed class TelemetryCollection;

/// <summary>What a process with the service defaults tells of itself.</summary>
[Collection(nameof(TelemetryTests))]
public sealed partial class TelemetryTests(IdentityServer identity) : IAsyncLifetime
{
    const string Order = "carshare.order.id";

    static readonly ActivitySource Source = new("CarShare.TelemetryTests");

    readonly Kept<Activity, string> _spans = new(span => $"{span.DisplayName} {span.GetTagItem(Order)}".Trim());
    readonly Kept<LogRecord, (string? Text, string Trace, string? Order)> _records = new(record => (
        record.FormattedMessage, record.TraceId.ToHexString(),
        record.Attributes?.FirstOrDefault(a => a.Key == Order).Value as string));

    WebApplication? _app;

    HttpClient Http => new() { BaseAddress = new(_app!.Urls.First()) };

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(identity.Settings("orders"));
        // Somebody collects; what is told is looked at here, before it gets there.
        builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:1";
        builder.AddServiceDefaults();
        builder.Services.ConfigureOpenTelemetryTracerProvider(
            tracing => tracing.AddProcessor(new SimpleActivityExportProcessor(_spans)));
        builder.Services.ConfigureOpenTelemetryLoggerProvider(
            logging => logging.AddProcessor(new SimpleLogRecordExportProcessor(_records)));
        _app = builder.Build();
        _app.MapServiceDefaults();
        _app.MapGet("/orders/{id}", (Guid id, ILogger<TelemetryTests> logger) =>
        {
            logger.LogInformation("Somebody reads the order");
            return id;
        }).AllowAnyone();
        await _app.StartAsync();
    }

    public ValueTask DisposeAsync() => _app!.DisposeAsync();

    [Fact]
    public async Task Spans_and_records_of_a_request_carry_its_trace_and_its_order()
    {
        using var caller = Source.StartActivity("caller");
        var (order, trace) = (Guid.CreateVersion7().ToString(), caller!.TraceId.ToHexString());
        using var answer = await Http.GetAsync($"/orders/{order}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Eventually.Holds(
            "the span names the order", () => Task.FromResult(_spans.All.Contains($"GET /orders/{{id}} {order}")));
        await Eventually.Holds("the record names trace and order", () =>
            Task.FromResult(_records.All.Contains(("Somebody reads the order", trace, order))));
    }

    [Fact]
    public async Task What_a_caller_calls_an_order_is_believed_only_if_it_can_be_one()
    {
        using var caller = Source.StartActivity("caller");
        using var request = new HttpRequestMessage(
            HttpMethod.Get, $"/orders/{Guid.Empty}")
        { Headers = { { "baggage", $"{Order}=%0Aforged" } } };
        using var answer = await Http.SendAsync(request);
        await Eventually.Holds("the request is told", () =>
            Task.FromResult(_spans.All.Any(s => s.StartsWith("GET /orders", StringComparison.Ordinal))));
        Assert.DoesNotContain(_spans.All, span => span.Contains("forged", StringComparison.Ordinal));
    }

    [Fact]
    public void A_poll_of_nobody_is_left_out_and_the_same_call_within_some_work_is_told()
    {
        using (Source.StartActivity("poll", ActivityKind.Client)) { }
        using (Source.StartActivity("work"))
        using (Source.StartActivity("call", ActivityKind.Client)) { }
        Assert.Equal(["call", "work"], _spans.All.Where(s => s is "poll" or "work" or "call"));
    }

    [Fact]
    public async Task Probes_and_scrapes_leave_neither_spans_nor_request_metrics()
    {
        using var http = Http;
        foreach (var path in (string[])["/alive", "/health", "/started", "/metrics"])
            using (await http.GetAsync(path)) { }
        using (Source.StartActivity("caller"))
        using (await http.GetAsync($"/orders/{Guid.Empty}")) { }
        await Eventually.Holds("the order's request is told", () =>
            Task.FromResult(_spans.All.Any(s => s.StartsWith("GET /orders", StringComparison.Ordinal))));
        Assert.DoesNotContain(_spans.All, span => OwnBusiness().IsMatch(span));
        var metrics = "";
        await Eventually.Holds("the request is measured", async () =>
            (metrics = await http.GetStringAsync("/metrics"))
                .Contains("http_server_request_duration_seconds_count", StringComparison.Ordinal));
        Assert.DoesNotContain(metrics.Split('\n'), line =>
            line.StartsWith("http_server_request_duration", StringComparison.Ordinal) && OwnBusiness().IsMatch(line));
    }

    [Fact]
    public async Task The_state_of_each_check_is_a_metric()
    {
        using var http = Http;
        await Eventually.Holds("the checks are looked at", async () =>
            (await http.GetStringAsync("/metrics"))
                .Split('\n').Any(l => l.StartsWith("carshare_health_check_status", StringComparison.Ordinal)
                    && l.EndsWith(" 1", StringComparison.Ordinal)));
    }

    [GeneratedRegex("/(alive|health|started|metrics)")]
    private static partial Regex OwnBusiness();

    /// <summary>Keeps what matters of each; the things themselves are used again.</summary>
    sealed class Kept<T, TKept>(Func<T, TKept> what) : BaseExporter<T>
        where T : class
    {
        readonly ConcurrentQueue<TKept> _kept = new();

        public IReadOnlyCollection<TKept> All => _kept;

        public override ExportResult Export(in Batch<T> batch)
        {
            foreach (var item in batch) _kept.Enqueue(what(item));
            return ExportResult.Success;
        }
    }
}
