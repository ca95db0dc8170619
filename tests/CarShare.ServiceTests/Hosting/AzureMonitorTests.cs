using System.Collections.Concurrent;
using System.IO.Compression;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;

namespace CarShare.ServiceTests.Hosting;

/// <summary>A process that was given the connection string of Azure Monitor, which is a stub on this machine.</summary>
public sealed class AzureMonitorTests(IdentityServer identity) : IAsyncLifetime
{
    readonly ConcurrentQueue<string> _told = new();
    readonly WebApplication _monitor = Web("http://127.0.0.1:0");
    // what calls it is in this process, too, and must not begin the trace
    readonly HttpClient _http = new(new SocketsHttpHandler { ActivityHeadersPropagator = null });
    WebApplication? _app;

    public async ValueTask InitializeAsync()
    {
        _monitor.Run(Take);
        await _monitor.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        await _monitor.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task Requests_records_and_metrics_are_told_to_it()
    {
        await Start();
        await Ask("/orders/told");
        await Eventually.Holds("the request is told", () => IsTold("RequestData", "/orders/told"));
        await Eventually.Holds("the record is told", () => IsTold("MessageData", "Somebody reads told"));
        _app!.Services.GetRequiredService<MeterProvider>().ForceFlush();   // once a minute otherwise
        await Eventually.Holds("the metrics are told", () => IsTold("MetricData", "http.server.request.duration"));
    }

    [Fact]
    public async Task Which_traces_are_told_is_decided_where_they_begin_and_all_records_are()
    {
        await Start(new("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), new("OTEL_TRACES_SAMPLER_ARG", "0"));
        await Ask("/orders/begun-here");
        await Ask("/orders/begun-elsewhere", $"00-{Guid.NewGuid():N}-{Guid.NewGuid().ToString("N")[..16]}-01");
        await Eventually.Holds("the caller wants it told", () => IsTold("RequestData", "/orders/begun-elsewhere"));
        await Eventually.Holds("its record is told", () => IsTold("MessageData", "Somebody reads begun-here"));
        Assert.False(await IsTold("RequestData", "/orders/begun-here"));
    }

    async Task Start(params KeyValuePair<string, string?>[] settings)
    {
        var address = _monitor.Urls.First();
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(
        [
            .. identity.Settings("orders"), .. settings,
            new("APPLICATIONINSIGHTS_CONNECTION_STRING",
                $"InstrumentationKey={Guid.NewGuid()};IngestionEndpoint={address}/;LiveEndpoint={address}/"),
        ]);
        builder.AddServiceDefaults();
        _app = builder.Build();
        _app.MapServiceDefaults();
        _app.MapGet("/orders/{id}", (string id, ILogger<AzureMonitorTests> logger) =>
        {
            logger.LogInformation("Somebody reads {Id}", id);
            return id;
        }).AllowAnyone();
        await _app.StartAsync();
    }

    async Task Ask(string path, string? traceParent = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(_app!.Urls.First()), path));
        if (traceParent is not null) request.Headers.Add("traceparent", traceParent);
        using var answer = await _http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
    }

    Task<bool> IsTold(string kind, string what) => Task.FromResult(_told.SelectMany(text => text.Split('\n')).Any(
        line => line.Contains(kind, StringComparison.Ordinal) && line.Contains(what, StringComparison.Ordinal)));

    async Task Take(HttpContext http)
    {
        var body = http.Request.Headers.ContentEncoding == "gzip"
            ? new GZipStream(http.Request.Body, CompressionMode.Decompress)
            : http.Request.Body;
        using var reader = new StreamReader(body);
        _told.Enqueue(await reader.ReadToEndAsync(http.RequestAborted));
        await http.Response.WriteAsJsonAsync(
            new { itemsReceived = 1, itemsAccepted = 1, errors = Array.Empty<object>() }, http.RequestAborted);
    }

    static WebApplication Web(string address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        return builder.Build();
    }
}
