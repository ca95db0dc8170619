using System.Diagnostics;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Cluster;

/// <summary>What a rental, the autoscalers, the database and the migrations do there.</summary>
[Collection("cluster")]
public sealed class ClusterTests : ClusterTest
{
    [Fact]
    public async Task A_car_is_rented_brought_and_given_back()
    {
        Here();
        var order = await Customers.Ask(HttpMethod.Post, "/orders", "alice", Customers.Order(Fleet.Product(0)));
        var id = (string)order["orderId"]!;
        Assert.Equal("Placed", (string?)order["status"]);
        await Eventually.Holds("it is prepared", async () => (await Status(id)) == "Preparing", Minutes);
        await Customers.Ask(HttpMethod.Post, $"/deliveries/{id}/dispatch", "operator", new { });
        await Customers.Ask(HttpMethod.Post, $"/deliveries/{id}/complete", "operator", new { });
        await Eventually.Holds("it is in use", async () => (await Status(id)) == "InUse", Minutes);
        await Customers.Ask(HttpMethod.Post, $"/orders/{id}/return", "alice", new { location = "Busan" });
        await Eventually.Holds("the page tells all of it", async () =>
        {
            var page = await Customers.Ask(HttpMethod.Get, $"/customerpages/{id}", "alice");
            return (string?)page["orderStatus"] == "Returned";
        }, Minutes);
    }

    [Fact]
    public async Task Orders_are_scaled_out_by_cpu_and_in_again()
    {
        Here();
        await Workloads.Release();
        await Eventually.Holds("one at first", async () => await Workloads.Ready("orders") == 1, Minutes);
        var start = Stopwatch.GetTimestamp();
        await using var load = Load(Rate);
        await Eventually.Holds("more than one", async () => await Workloads.Ready("orders") > 1, Minutes);
        var (after, most) = (Stopwatch.GetElapsedTime(start), await Workloads.Ready("orders"));
        await load.Stop();
        var idle = Stopwatch.GetTimestamp();
        await Eventually.Holds("one again", async () => await Workloads.Ready("orders") == 1, Minutes);
        var back = Stopwatch.GetElapsedTime(idle);
        Say($"orders 1 to {most} in {after.TotalSeconds:0} s, back in {back.TotalSeconds:0} s: {load}");
    }

    [Fact]
    public async Task A_consumer_is_scaled_out_by_its_lag_and_in_again()
    {
        Here();
        await Workloads.Hold(1, Workloads.Services);
        await Workloads.Hold(0, "notifications");
        // more than one works off before the autoscaler has looked twice
        await using (var load = Load(Rate))
            await Eventually.Holds("orders enough", () => Task.FromResult(load.Placed.Count > 1_500), Minutes);
        await Workloads.Kubectl("annotate", "scaledobject/notifications", $"{Workloads.PausedAt}-");
        var start = Stopwatch.GetTimestamp();
        await Eventually.Holds("more than one", async () => await Workloads.Ready("notifications") > 1, Minutes);
        var (after, most) = (Stopwatch.GetElapsedTime(start), await Workloads.Ready("notifications"));
        await Eventually.Holds("one again", async () => await Workloads.Ready("notifications") == 1, Minutes);
        var back = Stopwatch.GetElapsedTime(start);
        Say($"notifications 0 to {most} in {after.TotalSeconds:0} s, one again after {back.TotalSeconds:0} s");
    }

    [Fact]
    public async Task The_database_comes_back_with_its_data()
    {
        Here();
        await Workloads.Hold(1, Workloads.Services);
        var order = await Customers.Ask(HttpMethod.Post, "/orders", "alice", Customers.Order(Fleet.Product(0)));
        await using var load = Load(5);
        var start = Stopwatch.GetTimestamp();
        await Workloads.Kubectl("delete", "pod", "postgres-0");
        var gone = Stopwatch.GetElapsedTime(start);
        await Workloads.Kubectl("rollout", "status", "statefulset/postgres", "--timeout=240s");
        await Eventually.Holds("orders are taken", async () =>
        {
            using var answer = await Customers.Send(HttpMethod.Post, "/orders", "alice",
                Customers.Order(Fleet.Product(0)), Guid.NewGuid().ToString(), TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        }, Minutes);
        var back = Stopwatch.GetElapsedTime(start);
        await load.Stop();
        Assert.NotNull(await Status((string)order["orderId"]!));
        Say($"the database stopped within {gone.TotalSeconds:0.0} s, orders after {back.TotalSeconds:0} s: {load}");
        Assert.True(gone < TimeSpan.FromSeconds(30), "the database waited for its clients");
        await NothingIsLost(load);
    }

    [Fact]
    public async Task Every_order_that_was_accepted_gets_its_car_and_the_migrations_may_run_again()
    {
        Here();
        await Workloads.Hold(1, Workloads.Services);
        const int Cars = 4_000;
        await Warm(Rate / 2);
        var fleet = await Customers.Fleet(models: 1, Cars);
        await using var load = Cluster.Load.Of(Customers, fleet, Rate / 2);
        await Workloads.Kubectl("delete", "job", "migrations");
        await Tool.Output("kubectl", ["apply", "-k", "tests/cluster", "-l", "app.kubernetes.io/name=migrations"]);
        await Workloads.Kubectl("wait", "--for=condition=complete", "job/migrations", "--timeout=240s");
        await load.Stop();
        Assert.Equal("", load.Failures);
        var placed = load.Placed.Count;
        await Eventually.Holds("each has a car", async () =>
        {
            var stock = await Customers.Ask(HttpMethod.Get, $"/stocks/{fleet.Product(0)}", "alice");
            return (int)stock["available"]! == Cars - placed;
        }, Minutes);
        Say($"migrations run again: {placed} orders placed, {placed} cars taken: {load}");
    }

    async Task<string?> Status(string id) =>
        (string?)(await Customers.Ask(HttpMethod.Get, $"/orders/{id}", "alice"))["status"];
}
