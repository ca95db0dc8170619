using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CarShare.CustomerPages.Data;
using CarShare.Deliveries.Data;
using CarShare.Notifications.Data;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.Stocks.Data;
using CarShare.Tests.Contracts;

namespace CarShare.ServiceTests.Contracts;

// N11
public sealed class OpenApiTests
{
    [Fact]
    public Task Orders_kept_every_accepted_route_and_member() => Keeps<OrdersDb>("orders");

    [Fact]
    public Task Stocks_kept_every_accepted_route_and_member() => Keeps<StocksDb>("stocks");

    [Fact]
    public Task Payments_kept_every_accepted_route_and_member() => Keeps<PaymentsDb>("payments");

    [Fact]
    public Task Deliveries_kept_every_accepted_route_and_member() => Keeps<DeliveriesDb>("deliveries");

    [Fact]
    public Task Notifications_kept_every_accepted_route_and_member() => Keeps<NotificationsDb>("notifications");

    [Fact]
    public Task Customerpages_kept_every_accepted_route_and_member() => Keeps<RedisStore>("customerpages");

    static async Task Keeps<TEntry>(string service)
        where TEntry : class
    {
        await using var host = BareHost.Of<TEntry>(service);
        using var http = host.CreateClient();

        foreach (var document in (string[])["v1", "internal"])
        {
            var current = OpenApiContract.Read((await http.GetFromJsonAsync<JsonNode>($"/openapi/{document}.json"))!);
            Assert.All(
                current.Promises.Keys.Where(promise => promise.Contains(" /", StringComparison.Ordinal)), promise =>
                    Assert.Equal(document == "internal", promise.Contains(" /internal/", StringComparison.Ordinal)));
            Snapshot.Holds(Snapshot.PathOf("CarShare.ServiceTests", $"{service}.{document}.json"), current);
        }
    }
}
