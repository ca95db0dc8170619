using System.Collections.Concurrent;
using System.Text;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.ServiceDefaults.Requests;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests.Gateway;

/// <summary>Every service behind the gateway at once, and the collector of its telemetry.</summary>
public sealed class ServiceStub : IAsyncDisposable
{
    static readonly string[] Services =
        ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages"];

    readonly WebApplication _app;
    readonly int _port = ChildProcess.FreePort();
    readonly ConcurrentQueue<byte[]> _telemetry = new();
    readonly ConcurrentQueue<string> _asked = new();
    volatile TaskCompletionSource _gate = new();
    int _waiting, _measured;

    public ServiceStub()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls([Address, .. Services.Select(AddressOf)])
            .ConfigureKestrel(kestrel => kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1);
        _app = builder.Build();
        _app.Use(async (http, next) =>
        {
            _asked.Enqueue($"{http.Request.Method} {http.Request.Path}");
            if (!http.Request.Path.StartsWithSegments(Hanging, StringComparison.OrdinalIgnoreCase)) await next(http);
            else await new TaskCompletionSource().Task.WaitAsync(http.RequestAborted);
        });
        _app.UseHead();
        _app.UseRouting();
        _app.MapPost("/v1/{signal}", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            _telemetry.Enqueue(body.ToArray());
        });
        _app.MapGet("/orders/held", Hold);
        _app.MapGet("/orders/busy", () =>
            new Refusal(RefusalKind.Unavailable, "overloaded", "Too many orders are being taken at the moment.")
            {
                RetryAfter = TimeSpan.FromSeconds(7),
            }.ToProblem());
        _app.MapGet("/customerpages/stream", async (HttpContext http) =>
        {
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers.CacheControl = "no-cache,no-store";
            if (http.IsHeadOnly()) return;
            await http.Response.WriteAsync("retry: 1000\n\n");
            await http.Response.Body.FlushAsync();
            var gone = new TaskCompletionSource();
            await using var _ = http.RequestAborted.Register(gone.SetResult);
            await gone.Task;
        });
        _app.MapGet("/openapi/v1.json", () => Results.Json(new { paths = new { } }));
        _app.MapGet("/internal/dead-letters", (HttpContext http, int limit, Guid? after) =>
        {
            if (Caller(http) is null) return Results.StatusCode(401);
            var service = Services.Single(name => new Uri(AddressOf(name)).Host
                == http.Connection.LocalIpAddress!.ToString());
            if (Away == service) return Results.StatusCode(503);
            var left = Letters[service];
            left = [.. left.Skip(after is null ? 0 : left.FindIndex(letter => letter.Id == after) + 1)];
            return Results.Json(new
            {
                items = left.Take(limit).Select(letter => new
                {
                    id = letter.Id,
                    type = "carshare.order.placed.v1",
                    error = "No such product.",
                    parkedAt = letter.At,
                }),
                next = left.Count > limit ? left[limit - 1].Id : (Guid?)null,
            });
        });
        _app.MapPost("/internal/dead-letters/{id}/redrive", (HttpContext http, Guid id) =>
            Caller(http) is null ? Results.StatusCode(401)
                : id == Parked
                ? Results.Json(new { redriven = 1, failed = 0 })
                : Refusal.NotFound("There is no such letter.").ToProblem());
        _app.MapGet("/metrics", () => Measured(Interlocked.Increment(ref _measured)));
        _app.MapFallback("{**path}", async (HttpContext http) =>
        {
            await http.Request.Body.CopyToAsync(Stream.Null);
            http.Response.Headers["X-Asked"] = http.Features.Get<IHttpRequestFeature>()!.RawTarget;
            http.Response.Headers.Server = "stub";
            http.Response.Headers["X-Powered-By"] = "stub";
            return Results.Ok();
        });
    }

    /// <summary>A letter that every service has parked.</summary>
    public static Guid Parked { get; } = Guid.CreateVersion7();

    static string? Caller(HttpContext http) => http.Request.Headers.Authorization.FirstOrDefault();

    public string Address => $"http://127.0.0.1:{_port}";

    /// <summary>Each service at an address of its own, by which the stub knows as whom it is asked.</summary>
    public string AddressOf(string service) => $"http://127.0.2.{Array.IndexOf(Services, service) + 1}:{_port}";

    /// <summary>Where nobody is answered.</summary>
    public PathString Hanging { get; set; } = "/nothing/hangs";

    /// <summary>A service that does not tell its letters.</summary>
    public string? Away { get; set; }

    /// <summary>What was asked for, in its order.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>What each service has parked, newest first.</summary>
    public Dictionary<string, List<(Guid Id, DateTimeOffset At)>> Letters { get; } = Services.ToDictionary(
        name => name, _ => new List<(Guid, DateTimeOffset)> { (Parked, new(2026, 1, 31, 9, 30, 0, TimeSpan.Zero)) });

    /// <summary>Requests to /orders/held that wait for <see cref="Release"/>.</summary>
    public int Waiting => _waiting;

    /// <summary>All that was exported as text; what OTLP calls a string stands in it as it is.</summary>
    public string Telemetry => string.Join('\n', _telemetry.Select(Encoding.UTF8.GetString));

    public void Release() => Interlocked.Exchange(ref _gate, new()).SetResult();

    public Task Start() => _app.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>As the services say it, after that many orders.</summary>
    static string Measured(int orders) =>
        $$"""
        # TYPE target_info gauge
        target_info{service_name="orders",service_instance_id="stub-1"} 1
        carshare_consumer_lag{otel_scope_name="CarShare.Messaging",topic="carshare.stocks",partition="0"} 3
        carshare_consumer_lag{topic="carshare.stocks",partition="1"} 4 1769851800000
        carshare_outbox_messages{otel_scope_name="CarShare.Messaging"} 2
        carshare_outbox_age_seconds{otel_scope_name="CarShare.Messaging"} 1.5
        carshare_dead_letters{otel_scope_name="CarShare.Messaging"} 3
        carshare_orders_total{otel_scope_name="CarShare.Orders",carshare_order_outcome="placed"} {{orders}}
        carshare_orders_total{carshare_order_outcome="rejected",carshare_order_reason="out-of-stock"} {{orders}}
        carshare_orders_total{carshare_order_outcome="rejected",carshare_order_reason="payment-declined"} {{orders}}
        carshare_order_dispatch_duration_seconds_bucket{le="1"} {{orders}}
        carshare_order_dispatch_duration_seconds_bucket{le="5"} {{2 * orders}}
        carshare_order_dispatch_duration_seconds_bucket{le="+Inf"} {{3 * orders}}
        """;

    async Task<IResult> Hold()
    {
        var gate = _gate.Task;
        Interlocked.Increment(ref _waiting);
        await gate;
        Interlocked.Decrement(ref _waiting);
        return Results.Ok();
    }
}
