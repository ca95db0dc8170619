using System.Net;
using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.ServiceTests.Stocks;

/// <summary>One stocks service for all its tests; each test makes products and orders of its own.</summary>
[CollectionDefinition("Stocks")]
public sealed class StocksCollection : ICollectionFixture<StocksFixture>;

public sealed class StocksFixture(Servers servers, IdentityServer identity)
    : ServiceFixture<StocksDb>(servers, identity, "stocksdb")
{
    static int _plates;
    readonly Servers _servers = servers;

    public const string Home = "Seoul Station";

    public static string Plate() => $"{Interlocked.Increment(ref _plates):000가0000}";

    public async Task<ProductDto> Product(int cars)
    {
        using var http = Operator();
        var answer = await http.PostAsJsonAsync(
            "/stocks", new
            {
                modelName = "Ioniq 5",
                hourlyRate = 9_000,
                location = Home,
                plates = Enumerable.Range(
                0, cars).Select(_ => Plate())
            });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<ProductDto>(ApiJson.Options))!;
    }

    public async Task<Answer<ReservationDto>> Reserve(
        Guid productId, Guid orderId, int quantity = 1, Guid? vehicleId = null)
    {
        using var http = Service();
        using var answer = await http.PutAsJsonAsync(
            $"/internal/stocks/{productId}/reservations/{orderId}", new { quantity, vehicleId });
        return await Answer<ReservationDto>.Read(answer);
    }

    /// <summary>A fresh order that holds cars of the product.</summary>
    public async Task<(Guid OrderId, ReservationDto Reservation)> Reserved(
        Guid productId, int quantity = 1, Guid? vehicleId = null)
    {
        var orderId = Guid.CreateVersion7();
        var answer = await Reserve(productId, orderId, quantity, vehicleId);
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return (orderId, answer.Value!);
    }

    public async Task<Answer<VehicleDto>> Change(Guid productId, Guid vehicleId, object change)
    {
        using var http = Operator();
        using var answer = await http.PatchAsJsonAsync(
            $"/stocks/{productId}/vehicles/{vehicleId}", change, ApiJson.Options);
        return await Answer<VehicleDto>.Read(answer);
    }

    public async Task<int> Available(Guid productId)
    {
        using var http = Anonymous();
        return (await http.GetFromJsonAsync<ProductDto>($"/stocks/{productId}", ApiJson.Options))!.Available;
    }

    public async Task<IReadOnlyList<VehicleDto>> Cars(Guid productId)
    {
        using var http = Operator();
        return (await http.GetFromJsonAsync<Page<VehicleDto>>(
            $"/stocks/{productId}/vehicles?limit=100", ApiJson.Options))!.Items;
    }

    public async Task<VehicleDto> Car(Guid productId, Guid vehicleId) =>
        (await Cars(productId)).Single(c => c.VehicleId == vehicleId);

    /// <summary>The only car of the product.</summary>
    public async Task<VehicleDto> TheCar(Guid productId) => Assert.Single(await Cars(productId));

    public Task<CarShare.Stocks.Domain.StockOrder?> Header(Guid orderId) =>
        Query(db => db.Orders.AsNoTracking().SingleOrDefaultAsync(o => o.OrderId == orderId));

    /// <summary>Publishes events and waits until all are handled, whatever they change.</summary>
    public async Task Handled<TEvent>(params TEvent[] facts)
        where TEvent : class, IEvent
    {
        var ids = await Task.WhenAll(facts.Select(fact => Broker.Publish(fact)));
        await Eventually.Holds($"{TEvent.Type} is handled", () =>
            Query(async db => await db.Set<InboxMessage>().CountAsync(m => ids.Contains(m.Id)) == ids.Length));
    }

    /// <summary>
    /// What must hold at every moment: a held car has exactly one open reservation, of its holder, and no other car has
    /// one.
    /// </summary>
    public async Task AssertConsistent()
    {
        await using var connection = await Connect();
        await using var command = new NpgsqlCommand(
            """
            SELECT count(*) FROM vehicles v
                FULL JOIN (SELECT * FROM reservations WHERE released_at IS NULL) r USING (vehicle_id)
            LEFT JOIN stock_orders o ON o.order_id = v.order_id
            WHERE v.order_id IS DISTINCT FROM r.order_id OR o.closed_at IS NOT NULL
            """, connection);
        Assert.Equal(0L, await command.ExecuteScalarAsync());
        var log = _servers.PostgresLog;
        if (log.IndexOf("deadlock detected", StringComparison.Ordinal) is >= 0 and var at)
            Assert.Fail(log[at..Math.Min(log.Length, at + 2_000)]);
    }

    public static OrderCancelled Cancelled(Guid orderId) =>
        new(orderId, "alice", DateTimeOffset.UtcNow, CancelReason.Customer, Guid.CreateVersion7(), 1);

    public static OrderRejected Rejected(Guid orderId) =>
        new(orderId, "alice", DateTimeOffset.UtcNow, "payment-declined", Guid.CreateVersion7(), 1);

    public static OrderReturned Returned(Guid orderId, string location = "Jeju Airport") =>
        new(orderId, "alice", DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, location, 0, 0);

    public static DeliveryDelivered Delivered(Guid orderId, params VehicleRef[] cars) =>
        new(orderId, "alice", DateTimeOffset.UtcNow, orderId, "1 Sejong-daero", cars, DateTimeOffset.UtcNow);

    public static DeliveryRetrieved Retrieved(Guid orderId, params VehicleRef[] cars) =>
        new(orderId, "alice", DateTimeOffset.UtcNow, orderId, "1 Sejong-daero", cars, DateTimeOffset.UtcNow);
}
