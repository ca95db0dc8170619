using System.Collections.Concurrent;
using System.Text.Json;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests.Notifications;

/// <summary>Somebody else's endpoint that is told of notifications.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    readonly WebApplication _app;

    public WebhookReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address);
        _app = builder.Build();
        _app.MapPost("/hook", async (HttpRequest request) =>
        {
            var body = await request.ReadFromJsonAsync<JsonElement>();
            Calls.Enqueue((request.Headers["Idempotency-Key"].ToString(), body));
            return Results.StatusCode(Answer(body));
        });
    }

    public string Address { get; } = $"http://127.0.0.1:{ChildProcess.FreePort()}";

    /// <summary>Every call, refused ones included.</summary>
    public ConcurrentQueue<(string Key, JsonElement Body)> Calls { get; } = new();

    public Func<JsonElement, int> Answer { get; set; } = _ => 204;

    public IReadOnlyList<(string Key, JsonElement Body)> CallsAbout(Guid orderId) =>
        [.. Calls.Where(call => call.Body.GetProperty("orderId").ValueKind == JsonValueKind.String
            && call.Body.GetProperty("orderId").GetGuid() == orderId)];

    public Task Start() => _app.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
