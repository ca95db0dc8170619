using System.Collections.Concurrent;
using CarShare.Contracts;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests;

/// <summary>Stands where the publishers of a service's topics stand: agrees to every republish and remembers what was asked.</summary>
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
            return next(http);
        });
        _app.MapPost("/internal/events/republish", (RepublishRequest request) =>
        {
            Asked.Enqueue(request.AfterSequence);
            return Results.Accepted();
        });
    }

    /// <summary>Who called, by the tokens.</summary>
    public ConcurrentDictionary<string, bool> Callers { get; } = new();

    public string Address { get; } = $"http://127.0.0.1:{ChildProcess.FreePort()}";

    public ConcurrentQueue<long> Asked { get; } = new();

    public Task Start() => _app.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
