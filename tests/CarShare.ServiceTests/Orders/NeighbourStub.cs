using System.Collections.Concurrent;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceTests.Orders;

/// <summary>
/// Answers the calls of orders over real HTTP as one test wants it for its own product or customer, and remembers them.
/// </summary>
public sealed class NeighbourStub : IAsyncDisposable
{
    public const decimal HourlyRate = 8_000;

    readonly WebApplication _app;
    readonly ConcurrentDictionary<Guid, Func<HttpContext, Guid, ReserveRequest, Task<IResult>>> _stocks = new();
    readonly ConcurrentDictionary<string, Func<HttpContext, Guid, PayRequest, Task<IResult>>> _payments = new();
    readonly ConcurrentDictionary<string, Func<HttpContext, Task<IResult>>> _deposits = new();

    public NeighbourStub()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.Converters.Add(new System.Text.Json.Serialization.JsonStringEnumConverter()));
        builder.WebHost.UseUrls(Address);
        _app = builder.Build();
        _app.RequireServiceTokens();
        _app.Use((http, next) =>
        {
            Callers[Caller.Of(http.Request)!] = true;
            return next(http);
        });
        PublisherStub.MapTo(_app, () => Outbox);
        _app.MapGet("/stocks/{productId}", (Guid productId) =>
            Results.Ok(new ProductDto(
                productId, "Ioniq 5", Rates.GetValueOrDefault(productId, HourlyRate), "Seoul", 100, 100)));
        _app.MapGet("/internal/deposits/{customerId}", (string customerId, HttpContext http) =>
        {
            Looks.Enqueue(customerId);
            return _deposits.TryGetValue(customerId, out var script)
                ? script(http) : Task.FromResult(Results.Ok(new DepositDto(customerId, 1_000_000_000, 0)));
        });
        _app.MapDelete("/internal/stocks/{productId}/reservations/{orderId}", (Guid orderId) =>
        {
            Releases.Enqueue(orderId);
            return Results.NoContent();
        });
        _app.MapPut("/internal/stocks/{productId}/reservations/{orderId}",
            (Guid productId, Guid orderId, ReserveRequest request, HttpContext http) =>
            {
                Reservations.Enqueue((orderId, productId, request));
                return _stocks.TryGetValue(productId, out var script)
                    ? script(http, orderId, request)
                    : Task.FromResult(Cars(request));
            });
        _app.MapPut("/internal/payments/{orderId}", (Guid orderId, PayRequest request, HttpContext http) =>
        {
            Payments.Enqueue((orderId, request));
            return _payments.TryGetValue(request.CustomerId, out var script)
                ? script(http, orderId, request)
                : Task.FromResult(Approved(orderId));
        });
    }

    /// <summary>What stocks and payments have published.</summary>
    public IEnumerable<OutboxMessage> Outbox { get; set; } = [];

    /// <summary>Who called, by the tokens.</summary>
    public ConcurrentDictionary<string, bool> Callers { get; } = new();

    public string Address { get; } = $"http://127.0.0.1:{ChildProcess.FreePort()}";

    public ConcurrentQueue<(Guid OrderId, Guid ProductId, ReserveRequest Request)> Reservations { get; } = new();

    public ConcurrentQueue<(Guid OrderId, PayRequest Request)> Payments { get; } = new();

    /// <summary>Orders whose cars were let go by a call.</summary>
    public ConcurrentQueue<Guid> Releases { get; } = new();

    /// <summary>Customers whose deposit was looked at.</summary>
    public ConcurrentQueue<string> Looks { get; } = new();

    public ConcurrentDictionary<Guid, decimal> Rates { get; } = new();

    public void Deposit(string customer, Func<HttpContext, Task<IResult>> script) => _deposits[customer] = script;

    public void Deposit(string customer, decimal balance) =>
        Deposit(customer, _ => Task.FromResult(Results.Ok(new DepositDto(customer, balance, 0))));

    public void Stocks(Guid productId, Func<HttpContext, Guid, ReserveRequest, Task<IResult>> script) =>
        _stocks[productId] = script;

    public void Stocks(Guid productId, IResult answer) => Stocks(productId, (_, _, _) => Task.FromResult(answer));

    public void Pay(string customer, Func<HttpContext, Guid, PayRequest, Task<IResult>> script) =>
        _payments[customer] = script;

    public void Pay(string customer, IResult answer) => Pay(customer, (_, _, _) => Task.FromResult(answer));

    public static IResult Cars(ReserveRequest request, int revision = 1, decimal rate = HourlyRate) => Results.Ok(
        new ReservationDto("Ioniq 5", rate, [.. Enumerable.Range(1, request.Quantity)
            .Select(n => new VehicleRef(Guid.CreateVersion7(), $"{n}가3456"))], revision));

    /// <summary>The same payment however often it is asked for.</summary>
    public static IResult Approved(Guid orderId) =>
        Results.Ok(new PaymentResultDto(PaymentOf(orderId), PaymentStatus.Approved));

    public static Guid PaymentOf(Guid orderId)
    {
        var bytes = orderId.ToByteArray();
        Array.Reverse(bytes);
        return new(bytes);
    }

    public static IResult Problem(int status, string code) =>
        TypedResults.Problem("As the test wants it.", statusCode: status, type: $"urn:carshare:problem:{code}");

    public static readonly IResult Dead = new Hangup();

    /// <summary>Takes the call and never answers.</summary>
    public static async Task<IResult> Silence(HttpContext http)
    {
        var gone = new TaskCompletionSource();
        await using var _ = http.RequestAborted.Register(gone.SetResult);
        await gone.Task;
        return Dead;
    }

    public Task Start() => _app.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    sealed class Hangup : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Abort();
            return Task.CompletedTask;
        }
    }
}
