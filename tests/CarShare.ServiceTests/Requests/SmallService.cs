using System.Net.Sockets;
using System.Text;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests.Requests;

/// <summary>
/// The service defaults in front of a few routes that answer what they have read; no store, no broker.
/// </summary>
public sealed class SmallService(IdentityServer identity) : IAsyncLifetime
{
    const string Version = "\"beef\"";

    readonly LogLines _log = new();
    WebApplication? _app;

    public HttpClient Http { get; private set; } = null!;

    public string Log => _log.Text;

    /// <summary>Until this is done, whoever is at /narrow stays there.</summary>
    public TaskCompletionSource Narrow { get; } = new();

    public sealed record Thing(string Name, int Count, decimal Amount, VehicleState? State = null, Guid? Id = null,
        IReadOnlyList<string>? Tags = null, Part? Part = null, int Weight = 1, bool IsNew = false,
        VehicleState Kind = VehicleState.Available);

    public sealed record Part(string Label, DateTimeOffset At);

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = ["--Authentication:Authority", identity.Authority, "--Draining:Delay", "00:00:00"],
        });
        builder.AddServiceDefaults();
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapServiceDefaults();
        var stocks = _app.MapGroup("/stocks").AllowAnyone();
        stocks.MapGet("", (VehicleState? state, string? location, decimal? maxHourlyRate, DateTimeOffset? from,
            [AsParameters] Paging paging) =>
            TypedResults.Ok(new
            {
                state,
                location,
                maxHourlyRate,
                from,
                Take = paging.Size,
                paging.After,
                Page.Of(Enumerable.Repeat(Guid.CreateVersion7(), paging.Size + 1).ToList(), paging, id => id).Next,
            }));
        stocks.MapGet("/{productId}", (Guid productId, HttpContext http) =>
        {
            http.Response.Headers.ETag = Version;
            return TypedResults.Ok(new { productId });
        });
        _app.MapGet("/names/{name}", (string name, int? limit) => TypedResults.Ok(name)).AllowAnyone();
        _app.MapGet("/narrow", async (CancellationToken ct) =>
        {
            await Narrow.Task.WaitAsync(ct);
            return TypedResults.Ok();
        }).AllowAnyone().Behind(new(atOnce: 1, waiting: 0), Refusal.Unavailable("overloaded", "One after the other."));
        var things = _app.MapGroup("/things").AllowAnyone();
        things.MapPost("", (Thing thing, [FromHeader(Name = "Idempotency-Key")] string? key) =>
            TypedResults.Ok(new { thing, key }));
        things.MapPost("/hash", (Thing _, IdempotencyKey key) => TypedResults.Ok(key.RequestHash));
        things.MapPut("/{id}", (Guid id, Part part) => TypedResults.Ok(part));
        things.MapPost("/{id}/poke", (Guid id) => TypedResults.Ok(id));
        things.MapPatch("/{id}", (Guid id, Part part, [FromHeader(Name = "If-Match")] string? ifMatch) =>
            ifMatch is null or Version ? TypedResults.Ok(part)
                : (IResult)new Refusal(RefusalKind.Stale, "precondition-failed", "It was changed.").ToProblem());
        things.MapDelete("/{id}", (Guid id) => TypedResults.NoContent());
        await _app.StartAsync();
        Http = new() { BaseAddress = new(_app.Urls.First()) };
    }

    /// <summary>Sends these bytes and reads what comes until the server closes or has answered.</summary>
    public async Task<string> Raw(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(Http.BaseAddress!.Host, Http.BaseAddress.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app!.DisposeAsync();
    }
}
