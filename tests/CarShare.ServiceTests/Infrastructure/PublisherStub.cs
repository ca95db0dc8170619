using System.Collections.Concurrent;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests;

/// <summary>
/// Stands where the publishers of a service's topics stand: answers from the outboxes they would have, and remembers
/// what was asked.
/// </summary>
public sealed class PublisherStub : IAsyncDisposable
{
    readonly WebApplication _app;

    public PublisherStub()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address);
        _app = builder.Build();
        _app.RequireServiceTokens();
        _app.Use((http, next) =>
        {
            Callers[Caller.Of(http.Request)!] = true;
            if (Trouble is not { } status) return next(http);
            http.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        MapTo(_app, () => Outbox, Asked);
    }

    /// <summary>What the publishers remember; by default nothing.</summary>
    public IEnumerable<OutboxMessage> Outbox { get; set; } = [];

    /// <summary>What the publishers answer instead while they have trouble of their own.</summary>
    public int? Trouble { get; set; }

    /// <summary>Who called, by the tokens.</summary>
    public ConcurrentDictionary<string, bool> Callers { get; } = new();

    public string Address { get; } = $"http://127.0.0.1:{ChildProcess.FreePort()}";

    /// <summary>Behind which sequence events were asked for.</summary>
    public ConcurrentQueue<long> Asked { get; } = new();

    public Task Start() => _app.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>The route of a publisher's outbox over any events.</summary>
    public static void MapTo(
        IEndpointRouteBuilder app, Func<IEnumerable<OutboxMessage>> outbox, ConcurrentQueue<long>? asked = null) =>
        app.MapGet("/internal/events", (string topic, int partition, long after, int take) =>
        {
            asked?.Enqueue(after);
            var all = outbox().Where(m => m.Topic == topic).ToList();
            var rest = all.Where(m => m.Sequence > after && Partitioning.Of(m.Key) == partition)
                .OrderBy(m => m.Sequence).ToList();
            var items = rest.Take(take).Select(m =>
                new PublishedEvent(m.Sequence, m.Id, m.Type, m.Key, m.Payload, m.OccurredAt, m.TraceParent)).ToList();
            var isEnd = items.Count == rest.Count;
            var next = isEnd ? Math.Max(after, all.Select(m => m.Sequence).DefaultIfEmpty().Max()) : items[^1].Sequence;
            return Results.Json(new EventPage(items, next, isEnd));
        });
}
