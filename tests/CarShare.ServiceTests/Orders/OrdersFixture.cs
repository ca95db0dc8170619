using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.Orders.Features;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.ServiceTests.Orders;

[CollectionDefinition(Name)]
public sealed class OrdersCollection : ICollectionFixture<OrdersFixture>
{
    public const string Name = "orders";
}

/// <summary>An answer as a client sees it.</summary>
public sealed record Reply(HttpStatusCode Status, string Body, string? Location, TimeSpan? RetryAfter)
{
    public OrderDto Order => JsonSerializer.Deserialize<OrderDto>(Body, ApiJson.Options)!;

    /// <summary>The code of a problem.</summary>
    public string Code => JsonDocument.Parse(Body).RootElement.GetProperty("type").GetString()!.Split(':')[^1];

    public IEnumerable<string> Fields =>
        JsonDocument.Parse(Body).RootElement.GetProperty("errors").EnumerateObject().Select(e => e.Name);
}

/// <summary>Orders between scripted neighbours, sweeping often.</summary>
public class OrdersFixture(Servers servers, IdentityServer identity)
    : ServiceFixture<OrdersDb>(servers, identity, "ordersdb")
{
    public NeighbourStub Neighbours { get; } = new();

    protected override IEnumerable<KeyValuePair<string, string>> Settings =>
    [
        new("services:stocks:http:0", Neighbours.Address), new("services:payments:http:0", Neighbours.Address),
        new("Orders:SweepInterval", "00:00:00.1"), new("Orders:RepeatWait", "00:00:00.5"),
        // What a test does with an order that waits, only the test does; and one customer may do much at once.
        new("Orders:FirstPaymentRetry", "1.00:00:00"), new("Orders:LongestPaymentRetry", "1.00:00:00"),
            new("Orders:MaxUnpaidCars", "1000"),
            // One test's failures must not open the circuit for the others.
            new("Clients:stocks:FailuresToOpen", "10000"), new("Clients:payments:FailuresToOpen", "10000"),
            // What a test lets happen during a call must fit into it on a slow machine too; PlaceInAHurry keeps the
            // real times.
            .. s_deadlines.Select(deadline => KeyValuePair.Create(deadline.Name, "00:00:30")),
    ];

    static readonly (string Name, string Value)[] s_deadlines =
    [
        .. from service in new[] { "stocks", "payments" }
           let real = new InternalClientOptions()
           from time in new[] { (Name: "AttemptTimeout", Value: real.AttemptTimeout), (
               Name: "TotalTimeout", Value: real.TotalTimeout) }
           select ($"Clients:{service}:{time.Name}", $"{time.Value}"),
        ("Orders:RequestDeadline", $"{new OrdersOptions().RequestDeadline}"),
        ("Orders:MaxWait", $"{new OrdersOptions().MaxWait}"),
    ];

    WebApplicationFactory<OrdersDb>? _hurried;

    public override async ValueTask InitializeAsync()
    {
        Neighbours.Outbox = Broker.Outbox;
        await Neighbours.Start();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Neighbours.DisposeAsync();
    }

    public static string Customer(string name = "alice") => $"{name}-{Guid.NewGuid():N}";

    public Task<Reply> Place(
        string customer, Guid? productId = null, string? key = null, int quantity = 1, int hours = 3,
        Guid? vehicleId = null, CancellationToken ct = default) =>
        Send(customer, HttpMethod.Post, "/orders", Body(productId
            ?? Guid.CreateVersion7(), quantity, hours, vehicleId), key ?? Guid.NewGuid().ToString(), ct);

    /// <summary>The same at a replica that waits no longer than in production, and how long the answer took.</summary>
    public async Task<(Reply Reply, TimeSpan Took)> PlaceInAHurry(
        string customer, Guid? productId = null, string? key = null)
    {
        _hurried ??= await StartReplica(s_deadlines);
        using var http = As(customer, _hurried);
        var started = Stopwatch.GetTimestamp();
        var reply = await Send(http, HttpMethod.Post, "/orders", Body(productId ?? Guid.CreateVersion7()), key
            ?? Guid.NewGuid().ToString());
        return (reply, Stopwatch.GetElapsedTime(started));
    }

    /// <summary>The same at a replica of the test's own.</summary>
    public async Task<Reply> PlaceAt(
        WebApplicationFactory<OrdersDb> replica, string customer, int quantity = 1, Guid? productId = null,
        string? key = null)
    {
        using var http = As(customer, replica);
        return await Send(http, HttpMethod.Post, "/orders", Body(productId ?? Guid.CreateVersion7(), quantity), key
            ?? Guid.NewGuid().ToString());
    }

    public static object Body(Guid productId, int quantity = 1, int hours = 3, Guid? vehicleId = null) =>
        new { productId, quantity, hours, deliveryAddress = "1 Sejong-daero, Seoul", vehicleId };

    public async Task<OrderDto> Placed(string customer, int quantity = 1, int hours = 3)
    {
        var reply = await Place(customer, quantity: quantity, hours: hours);
        Assert.Equal(HttpStatusCode.Created, reply.Status);
        return reply.Order;
    }

    public async Task<OrderDto> AwaitingPayment(string customer)
    {
        Neighbours.Pay(customer, NeighbourStub.Dead);
        var reply = await Place(customer);
        Assert.Equal(HttpStatusCode.Accepted, reply.Status);
        return reply.Order;
    }

    public async Task<Reply> Send(
        string? customer, HttpMethod method, string path, object? body = null, string? key = null,
        CancellationToken ct = default)
    {
        using var http = customer is null ? Operator() : As(customer);
        return await Send(http, method, path, body, key, ct);
    }

    static async Task<Reply> Send(
        HttpClient http, HttpMethod method, string path, object? body, string? key, CancellationToken ct = default)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = body as HttpContent ?? JsonContent.Create(body);
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var answer = await http.SendAsync(request, ct);
        return new(answer.StatusCode, await answer.Content.ReadAsStringAsync(ct), answer.Headers.Location?.ToString(),
            answer.Headers.RetryAfter?.Delta);
    }

    public async Task<OrderDto> Get(Guid orderId) => (await Send(null, HttpMethod.Get, $"/orders/{orderId}")).Order;

    public Task<OrderDto> Reaches(
        Guid orderId, OrderStatus status) => Eventually.Gets($"the order is {status}", async () =>
        await Get(orderId) is { } order && order.Status == status ? order : null);

    public Task<List<Order>> OrdersOf(string customer) =>
        Query(db => db.Orders.AsNoTracking().Where(o => o.CustomerId == customer).ToListAsync());

    /// <summary>The events written about the order, oldest first, by the middle of their names.</summary>
    public async Task<List<string>> Announced(Guid orderId) =>
        [.. (await Query(db => db.Set<OutboxMessage>().Where(m => m.Key == orderId.ToString()).OrderBy(m => m.Sequence)
            .Select(m => m.Type).ToListAsync()))
            .Select(type => type.Split('.')[2])];

    /// <summary>The order as a process leaves it that dies behind its first commit.</summary>
    public async Task<Guid> LeftBehind(string customer, Guid productId, string key)
    {
        var request = new PlaceOrderRequest(productId, 3, "1 Sejong-daero, Seoul");
        var order = Order.Create(
            new(productId, null, request.Quantity, request.Hours, request.DeliveryAddress), customer, key,
            PlaceOrder.HashOf(request),
            DateTimeOffset.UtcNow);
        Assert.True(
            (await Query(db => db.TryInsert(order, new() { MaxUnpaidCars = 1_000 }, CancellationToken.None))).IsStored);
        return order.OrderId;
    }

    /// <summary>Makes the order older than any sweep lets it become.</summary>
    public Task Age(Guid orderId) =>
        Sql(
            $"""
            UPDATE orders SET created_at = now() - interval '1 day', expires_at = expires_at - interval '1 day'
                WHERE order_id = '{orderId}'
            """);

    public async Task<int> Sql(string statement)
    {
        await using var connection = await Connect();
        await using var command = new NpgsqlCommand(statement, connection);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>
    /// A later event about the order is handled, and so is everything that stands before it on its partition.
    /// </summary>
    public async Task Handled(Guid id) => await Eventually.Holds(
        "the event is handled", () => Query(db => db.Set<InboxMessage>().AnyAsync(m => m.Id == id)));
}
