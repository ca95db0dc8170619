using System.Collections.Concurrent;
using System.Text;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests.Gateway;

/// <summary>Every service behind the gateway at once, and the collector of its telemetry.</summary>
public sealed class ServiceStub : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly ConcurrentQueue<byte[]> _telemetry = new();
    volatile TaskCompletionSource _gate = new();
    int _waiting;

    public ServiceStub()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address)
            .ConfigureKestrel(kestrel => kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1);
        _app = builder.Build();
        _app.MapPost("/v1/{signal}", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            _telemetry.Enqueue(body.ToArray());
        });
        _app.MapGet("/orders/held", Hold);
        _app.MapGet("/orders/busy", (HttpContext http) =>
        {
            http.Response.Headers.RetryAfter = "7";
            return Problems.Of(503, "overloaded", "Too many orders are being taken at the moment.");
        });
        _app.MapGet("/customerpages/stream", async (HttpContext http) =>
        {
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers.CacheControl = "no-cache,no-store";
            await http.Response.WriteAsync("retry: 1000\n\n");
            await http.Response.Body.FlushAsync();
            var gone = new TaskCompletionSource();
            await using var _ = http.RequestAborted.Register(gone.SetResult);
            await gone.Task;
        });
        _app.MapGet("/internal/dead-letters", (HttpContext http, int limit) =>
            Caller(http) is null ? Results.StatusCode(401) : Results.Json(new
            {
                items = new[] { new { id = Parked, type = "carshare.order.placed.v1", error = "No such product.",
                    parkedAt = "2026-01-31T09:30:00+00:00" } }.Take(limit),
                next = (Guid?)null,
            }));
        _app.MapPost("/internal/dead-letters/{id}/redrive", (HttpContext http, Guid id) =>
            Caller(http) is null ? Results.StatusCode(401)
                : id == Parked
                ? Results.Json(new { redriven = 1, failed = 0 })
                : Problems.NotFound("There is no such letter."));
        _app.MapFallback(async (HttpContext http) =>
        {
            await http.Request.Body.CopyToAsync(Stream.Null);
            http.Response.Headers.Server = "stub";
            http.Response.Headers["X-Powered-By"] = "stub";
            return Results.Ok();
        });
    }

    /// <summary>A letter that every service has parked.</summary>
    public static Guid Parked { get; } = Guid.CreateVersion7();

    static string? Caller(HttpContext http) => http.Request.Headers.Authorization.FirstOrDefault();

    public string Address { get; } = $"http://127.0.0.1:{ChildProcess.FreePort()}";

    /// <summary>Requests to /orders/held that wait for <see cref="Release"/>.</summary>
    public int Waiting => _waiting;

    /// <summary>All that was exported as text; what OTLP calls a string stands in it as it is.</summary>
    public string Telemetry => string.Join('\n', _telemetry.Select(Encoding.UTF8.GetString));

    public void Release() => Interlocked.Exchange(ref _gate, new()).SetResult();

    public Task Start() => _app.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    async Task<IResult> Hold()
    {
        var gate = _gate.Task;
        Interlocked.Increment(ref _waiting);
        await gate;
        Interlocked.Decrement(ref _waiting);
        return Results.Ok();
    }
}
