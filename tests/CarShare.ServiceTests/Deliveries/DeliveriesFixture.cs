using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.ServiceDefaults;
using CarShare.Tests;

namespace CarShare.ServiceTests.Deliveries;

/// <summary>Deliveries with every step taken by hand.</summary>
public class DeliveriesFixture(Servers servers, IdentityServer identity)
    : ServiceFixture<DeliveriesDb>(servers, identity, "deliveriesdb")
{
    protected const string Off = "-00:00:00.001";

    protected override IEnumerable<KeyValuePair<string, string>> Settings =>
        [new("Deliveries:AutoDispatchAfter", Off), new("Deliveries:AutoRetrieveAfter", Off)];

    public static OrderPlaced Order(string customer = "alice", VehicleRef? car = null, int revision = 1) => new(
        Guid.CreateVersion7(), customer, DateTimeOffset.UtcNow, Guid.CreateVersion7(), "Ioniq 5", 1, [car ?? Car()],
        revision, 3, 8_000, 24_000, Guid.CreateVersion7(),
        "1 Sejong-daero, Seoul");

    public static VehicleRef Car() => new(Guid.CreateVersion7(), "12가3456");

    public static OrderCancelled Cancellation(OrderPlaced order) =>
        new(order.OrderId, order.CustomerId, DateTimeOffset.UtcNow, CancelReason.Customer, order.ProductId,
            order.Quantity);

    /// <summary>Publishes the order and waits until its delivery is prepared.</summary>
    public async Task<OrderPlaced> Prepared(OrderPlaced order)
    {
        await Broker.Publish(order);
        await Reaches(order, DeliveryStatus.Preparing);
        return order;
    }

    public Task<DeliveryDto> Reaches(OrderPlaced order, DeliveryStatus status) =>
        Eventually.Gets($"the delivery is {status}", async () =>
            await Get(order.OrderId) is { } found && found.Status == status ? found : null);

    public async Task<DeliveryDto?> Get(Guid orderId)
    {
        using var http = Operator();
        var response = await http.GetAsync($"/deliveries/{orderId}");
        return response.StatusCode == HttpStatusCode.NotFound
            ? null
            : await response.Content.ReadFromJsonAsync<DeliveryDto>(ApiJson.Options);
    }

    public async Task<DeliveryDto> Step(OrderPlaced order, string step)
    {
        var (status, body) = await Post(order.OrderId, step);
        Assert.Equal(HttpStatusCode.OK, status);
        return body.Deserialize<DeliveryDto>(ApiJson.Options)!;
    }

    /// <summary>The code of the refusal.</summary>
    public async Task<string> Refused(OrderPlaced order, string step)
    {
        var (status, body) = await Post(order.OrderId, step);
        Assert.Equal(HttpStatusCode.Conflict, status);
        return body.GetProperty("type").GetString()!.Split(':')[^1];
    }

    public async Task<(HttpStatusCode, JsonElement)> Post(Guid orderId, string step)
    {
        using var http = Operator();
        using var response = await http.PostAsync($"/deliveries/{orderId}/{step}", null);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    /// <summary>The types of all events published about the order, in their order.</summary>
    public IReadOnlyList<string> Announced(Guid orderId) =>
        [.. Broker.Seen.Where(e => e.Topic == Topics.Deliveries && e.Key == orderId.ToString()).DistinctBy(e => e.Id)
            .OrderBy(e => e.Sequence).Select(e => e.Type.Split('.')[2])];
}
