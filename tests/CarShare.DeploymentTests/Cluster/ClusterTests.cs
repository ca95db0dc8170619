using System.Diagnostics;
using System.Globalization;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Cluster;

/// <summary>A CarShare in a real cluster; see tests/cluster/run.sh. Each test writes down what it sees.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    static readonly string? Address = Environment.GetEnvironmentVariable("CARSHARE_CLUSTER");
    static readonly TimeSpan Minutes = TimeSpan.FromMinutes(4);
    static readonly string[] Services =
        ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages", "web", "gateway"];

    // orders a second
    static readonly double Rate =
        double.Parse(Environment.GetEnvironmentVariable("CARSHARE_CLUSTER_RATE") ?? "20", CultureInfo.InvariantCulture);

    static string? _fleet;

    Customers? _customers;
    string _product = "";

    Customers Customers => _customers!;

    public async ValueTask InitializeAsync()
    {
        if (Address is null) return;
        _customers = new(new(Address));
        // one for all of them
        _product = _fleet ??= await Customers.Fleet("alice", 9_000);
    }

    public ValueTask DisposeAsync()
    {
        _customers?.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_car_is_rented_brought_and_given_back()
    {
        Here();
        var order = await Customers.Ask(HttpMethod.Post, "/orders", "alice", Customers.Order(_product));
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
    public async Task Every_service_is_replaced_under_load_and_no_request_fails()
    {
        Here();
        await using var load = Load.Of(Customers, _product, Rate);
        foreach (var service in Services)
        {
            await Kubectl("rollout", "restart", $"deployment/{service}");
            await Kubectl("rollout", "status", $"deployment/{service}", "--timeout=240s");
        }

        await load.Stop();
        Say($"all services replaced: {load}");
        Assert.Equal("", load.Failures);
    }

    [Fact]
    public async Task A_killed_pod_of_two_takes_no_request_with_it()
    {
        Here();
        foreach (var service in (string[])["orders", "stocks", "payments", "gateway"]) await Replicas(service, 2);
        await using (var load = Load.Of(Customers, _product, Rate))
        {
            foreach (var service in (string[])["orders", "stocks", "payments"])
            {
                var pod = (await Pods(service))[0];
                await Kubectl("delete", "pod", pod, "--force", "--grace-period=0");
                await Kubectl("rollout", "status", $"deployment/{service}", "--timeout=240s");
            }

            await load.Stop();
            Say($"a pod of orders, stocks and payments killed: {load}");
            Assert.Equal("", load.Failures);
        }

        foreach (var service in (string[])["orders", "stocks", "payments", "gateway"]) await Replicas(service, 1);
    }

    [Fact]
    public async Task A_wrong_image_takes_nothing_down_and_is_taken_back()
    {
        Here();
        await using var load = Load.Of(Customers, _product, Rate);
        await Kubectl("set", "image", "deployment/orders", "service=carshare-orders:wrong");
        await Eventually.Holds("the image is not found", async () =>
        {
            var pods = await Kubectl("get", "pods", "-l", "app.kubernetes.io/name=orders");
            return pods.Contains("Image", StringComparison.Ordinal);
        }, Minutes);
        await Kubectl("rollout", "undo", "deployment/orders");
        await Kubectl("rollout", "status", "deployment/orders", "--timeout=240s");
        await load.Stop();
        Say($"a wrong image and back: {load}");
        Assert.Equal("", load.Failures);
    }

    [Fact]
    public async Task Orders_are_scaled_out_by_cpu_and_in_again()
    {
        Here();
        var start = Stopwatch.GetTimestamp();
        await using var load = Load.Of(Customers, _product, Rate * 2);
        await Eventually.Holds("more than one", async () => await Ready("orders") > 1, Minutes);
        var (after, most) = (Stopwatch.GetElapsedTime(start), await Ready("orders"));
        await load.Stop();
        var idle = Stopwatch.GetTimestamp();
        await Eventually.Holds("one again", async () => await Ready("orders") == 1, Minutes);
        var back = Stopwatch.GetElapsedTime(idle);
        Say($"orders 1 to {most} in {after.TotalSeconds:0} s, back in {back.TotalSeconds:0} s: {load}");
    }

    [Fact]
    public async Task A_consumer_is_scaled_out_by_its_lag_and_in_again()
    {
        Here();
        const string Pause = "autoscaling.keda.sh/paused-replicas";
        await Kubectl("annotate", "scaledobject/notifications", $"{Pause}=0", "--overwrite");
        await Eventually.Holds("none", async () => await Ready("notifications") == 0, Minutes);
        await using (var load = Load.Of(Customers, _product, Rate))
            await Eventually.Holds("orders enough for two", () => Task.FromResult(load.Placed > 150), Minutes);
        await Kubectl("annotate", "scaledobject/notifications", $"{Pause}-");
        var start = Stopwatch.GetTimestamp();
        await Eventually.Holds("more than one", async () => await Ready("notifications") > 1, Minutes);
        var (after, most) = (Stopwatch.GetElapsedTime(start), await Ready("notifications"));
        await Eventually.Holds("one again", async () => await Ready("notifications") == 1, Minutes);
        var back = Stopwatch.GetElapsedTime(start);
        Say($"notifications 0 to {most} in {after.TotalSeconds:0} s, one again after {back.TotalSeconds:0} s");
    }

    [Fact]
    public async Task The_database_comes_back_with_its_data()
    {
        Here();
        var order = await Customers.Ask(HttpMethod.Post, "/orders", "alice", Customers.Order(_product));
        await using var load = Load.Of(Customers, _product, 5);
        var start = Stopwatch.GetTimestamp();
        await Kubectl("delete", "pod", "postgres-0");
        var gone = Stopwatch.GetElapsedTime(start);
        await Kubectl("rollout", "status", "statefulset/postgres", "--timeout=240s");
        await Eventually.Holds("orders are taken", async () =>
        {
            using var answer = await Customers.Place(_product, TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        }, Minutes);
        var back = Stopwatch.GetElapsedTime(start);
        await load.Stop();
        Assert.NotNull(await Status((string)order["orderId"]!));
        Say($"the database stopped within {gone.TotalSeconds:0.0} s, orders after {back.TotalSeconds:0} s: {load}");
        Assert.True(gone < TimeSpan.FromSeconds(30), "the database waited for its clients");
    }

    [Fact]
    public async Task Every_order_that_was_accepted_gets_its_delivery_and_the_migrations_may_run_again()
    {
        Here();
        int placed, before = await Available();
        await using (var load = Load.Of(Customers, _product, Rate))
        {
            await Kubectl("delete", "job", "migrations");
            await Tool.Output("kubectl", ["apply", "-k", "tests/cluster"]);
            await Kubectl("wait", "--for=condition=complete", "job/migrations", "--timeout=240s");
            await load.Stop();
            placed = load.Placed;
            Assert.Equal("", load.Failures);
        }

        // each of them has a car, and is being prepared
        await Eventually.Holds("all are prepared", async () => await Available() == before - placed, Minutes);
        Say($"migrations run again under load: {placed} orders placed, {placed} cars taken");
    }

    static void Here() => Assert.SkipUnless(Address is not null, "No cluster: tests/cluster/run.sh starts one.");

    static void Say(string what) => TestContext.Current.TestOutputHelper!.WriteLine(what);

    static Task<string> Kubectl(params string[] arguments) => Tool.Output("kubectl", ["-n", "carshare", .. arguments]);

    static async Task<string[]> Pods(string service)
    {
        const string Names = "jsonpath={.items[*].metadata.name}";
        return (await Kubectl("get", "pods", "-l", $"app.kubernetes.io/name={service}", "-o", Names)).Split(' ');
    }

    static async Task<int> Ready(string service)
    {
        var ready = await Kubectl("get", "deployment", service, "-o", "jsonpath={.status.readyReplicas}");
        return int.TryParse(ready, out var count) ? count : 0;
    }

    static async Task Replicas(string service, int count)
    {
        if (service == "orders")
            await Kubectl("patch", "hpa/orders", "-p", $$$"""{"spec":{"minReplicas":{{{count}}}}}""");
        await Kubectl("scale", $"deployment/{service}", $"--replicas={count}");
        await Kubectl("rollout", "status", $"deployment/{service}", "--timeout=240s");
    }

    async Task<string?> Status(string id) =>
        (string?)(await Customers.Ask(HttpMethod.Get, $"/orders/{id}", "alice"))["status"];

    async Task<int> Available() =>
        (int)(await Customers.Ask(HttpMethod.Get, $"/stocks/{_product}", "alice"))["available"]!;
}
