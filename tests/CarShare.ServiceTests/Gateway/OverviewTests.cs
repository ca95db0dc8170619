using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CarShare.Gateway;
using CarShare.Tests;

namespace CarShare.ServiceTests.Gateway;

/// <summary>How the system is, for operators through the gateway, by what the services measure.</summary>
public sealed class OverviewTests(OpenGateway gateway) : IClassFixture<OpenGateway>
{
    static readonly DateTimeOffset Start = new(2026, 1, 31, 9, 30, 30, TimeSpan.Zero);

    [Fact]
    public async Task Operators_see_what_waits_in_each_service_and_what_became_of_orders_lately()
    {
        using var http = gateway.As("operator");
        var all = await Eventually.Gets("orders are counted", async () =>
            await http.GetFromJsonAsync<JsonNode>("/overview") is { } read && Sum(read, "placed") > 0 ? read : null);
        Assert.Equal(["customerpages", "deliveries", "notifications", "orders", "payments", "stocks"],
            all["services"]!.AsArray().Select(one => one!["service"]!.ToString()).Order());
        Assert.Empty(all["unavailable"]!.AsArray());
        var orders = all["services"]!.AsArray().Single(one => one!["service"]!.ToString() == "orders")!;
        Assert.Equal((7, 2, 1.5, 3), ((int)orders["lag"]!, (int)orders["unsent"]!,
            (double)orders["outboxAgeSeconds"]!, (int)orders["deadLetters"]!));
        Assert.Equal(30, all["perMinute"]!.AsArray().Count);
        // each time it is asked the stub has placed one more, and refused two for different reasons
        Assert.Equal(2 * Sum(all, "placed"), Sum(all, "rejected"));
        double?[] bounds = [.. all["untilDispatch"]!.AsArray().Select(one => (double?)one!["withinSeconds"])];
        Assert.Equal([1, 5, null], bounds);
    }

    [Fact]
    public async Task It_is_nobody_elses_business()
    {
        using HttpClient customer = gateway.As("alice"), stranger = gateway.Anonymous();
        Assert.Equal(HttpStatusCode.Forbidden, (await customer.GetAsync("/overview")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/overview")).StatusCode);
    }

    [Fact]
    public void What_is_no_page_of_a_services_metrics_is_none() =>
        Assert.All(["", "OK", "target_info{service_name=\"web\"} 1\n"], page => Assert.Null(ServiceReading.Of(page)));

    [Fact]
    public void Counters_of_several_processes_are_counted_in_the_minute_they_grew_in()
    {
        var clock = new Clock();
        var orders = new RecentOrders(clock);
        orders.Add("a", Counts(placed: 100));
        clock.Now += TimeSpan.FromMinutes(1);
        orders.Add("a", Counts(placed: 103));
        orders.Add("b", Counts(placed: 50));
        clock.Now += TimeSpan.FromMinutes(1);
        orders.Add("b", Counts(placed: 52));
        // began anew under the same name
        orders.Add("a", Counts(placed: 1));

        Assert.Equal([0L, 3, 3], orders.PerMinute().Skip(RecentOrders.Minutes - 3).Select(minute => minute.Placed));
        Assert.Equal(Start.AddSeconds(-30).AddMinutes(2), orders.PerMinute()[^1].At);
        clock.Now += TimeSpan.FromMinutes(RecentOrders.Minutes);
        Assert.All(orders.PerMinute(), minute => Assert.Equal(0, minute.Placed));
    }

    [Fact]
    public void Times_to_dispatch_are_told_by_the_bounds_they_kept_to()
    {
        var orders = new RecentOrders(new Clock());
        orders.Add("a", Counts(placed: 0));
        orders.Add("a", new Dictionary<string, double>
        {
            // as a histogram has them: each bound with all before it
            [$"{RecentOrders.DispatchedWithin}+Inf"] = 6,
            [$"{RecentOrders.DispatchedWithin}15"] = 5,
            [$"{RecentOrders.DispatchedWithin}5"] = 2,
        });

        Assert.Equal([new(5, 2), new(15, 3), new(null, 1)], orders.UntilDispatch());
    }

    static Dictionary<string, double> Counts(double placed) => new() { ["placed"] = placed };

    static long Sum(JsonNode read, string outcome) =>
        read["perMinute"]!.AsArray().Sum(minute => (long)minute![outcome]!);

    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = Start;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
