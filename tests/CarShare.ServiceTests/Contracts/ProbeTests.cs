using System.Net;
using System.Text.Json;
using CarShare.CustomerPages.Data;
using CarShare.Deliveries.Data;
using CarShare.Notifications.Data;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.Stocks.Data;
using Microsoft.AspNetCore.Mvc.Testing;

namespace CarShare.ServiceTests.Contracts;

public sealed class ProbeTests
{
    // C36 C37: each service answers its own probes; a store that is away makes it unready, never dead.
    [Fact]
    public async Task Without_its_store_a_service_is_alive_but_not_ready()
    {
        await Probe(BareHost.Of<OrdersDb>("orders"));
        await Probe(BareHost.Of<StocksDb>("stocks"));
        await Probe(BareHost.Of<PaymentsDb>("payments"));
        await Probe(BareHost.Of<DeliveriesDb>("deliveries"));
        await Probe(BareHost.Of<NotificationsDb>("notifications"));
        await Probe(BareHost.Of<RedisStore>("customerpages"));
    }

    // Whoever has not warmed up, as these hosts never do, gets no requests; that those who have are ready is what every other test waits for.
    [Fact]
    public async Task Not_ready_before_it_is_warm()
    {
        await using var host = BareHost.Of<RedisStore>("customerpages");
        using var http = host.CreateClient();
        using var health = JsonDocument.Parse(await (await http.GetAsync("/health")).Content.ReadAsStringAsync());
        Assert.Equal("Unhealthy", health.RootElement.GetProperty("checks").GetProperty("warm").GetString());
    }

    static async Task Probe<TEntry>(WebApplicationFactory<TEntry> service)
        where TEntry : class
    {
        await using var host = service;
        using var http = host.CreateClient();
        Assert.Equal(HttpStatusCode.OK, await Status(http, "/alive"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await Status(http, "/health"));
    }

    static async Task<HttpStatusCode> Status(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path);
        return answer.StatusCode;
    }
}
