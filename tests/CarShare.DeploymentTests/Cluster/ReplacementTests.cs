using System.Diagnostics;

namespace CarShare.DeploymentTests.Cluster;

/// <summary>Pods that are replaced, killed or hang while customers go on.</summary>
[Collection("cluster")]
public sealed class ReplacementTests : ClusterTest
{
    [Fact]
    public async Task Every_service_is_replaced_by_a_new_tag_under_load_and_no_request_fails()
    {
        Here();
        await Workloads.Hold(1, Workloads.Services);
        await Warm(Rate);
        await using var load = Load(Rate);
        var start = Stopwatch.GetTimestamp();
        foreach (var service in Workloads.Services)
        {
            await Workloads.Kubectl("set", "image", $"deployment/{service}", $"service={await Other(service)}");
            await Workloads.Rolled(service);
            Say($"{service} replaced after {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
        }

        await load.Stop();
        Say($"all services replaced: {load}");
        Assert.Equal("", load.Failures);
        await NothingIsLost(load);
    }

    [Fact]
    public async Task A_killed_pod_of_two_of_any_service_takes_no_request_with_it()
    {
        Here();
        await Workloads.Hold(2, Workloads.Services);
        await Warm(Rate / 2);
        await using var load = Load(Rate / 2);
        var start = Stopwatch.GetTimestamp();
        foreach (var service in Workloads.Services)
        {
            var (at, restarts) = (Stopwatch.GetElapsedTime(start), await Workloads.Restarts(service));
            await Workloads.Signal((await Workloads.Pods(service))[0], "KILL");
            await Eventually.Holds("it is started again", async () =>
                await Workloads.Restarts(service) > restarts && await Workloads.Ready(service) == 2, Minutes);
            Say($"{service} killed at {at.TotalSeconds:0} s, two again at "
                + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
        }

        await load.Stop();
        Say($"a pod of each killed: {load}");
        Assert.Equal("", load.Failures);
        await NothingIsLost(load);
    }

    // It answers neither requests nor probes, and it does not leave when it is told to.
    [Fact]
    public async Task A_hung_pod_is_started_again_by_its_liveness_probe_and_nothing_is_lost()
    {
        Here();
        await Workloads.Hold(1, Workloads.Services);
        await Workloads.Hold(2, "orders");
        await Warm(Rate / 2);
        await using var load = Load(Rate / 2);
        var (start, restarts) = (Stopwatch.GetTimestamp(), await Workloads.Restarts("orders"));
        await Workloads.Signal((await Workloads.Pods("orders"))[0], "STOP");
        await Eventually.Holds("it is unready", async () => await Workloads.Ready("orders") == 1, Minutes);
        var unready = Stopwatch.GetElapsedTime(start);
        await Eventually.Holds("it is started again", async () =>
            await Workloads.Restarts("orders") == restarts + 1 && await Workloads.Ready("orders") == 2, Minutes);
        var back = Stopwatch.GetElapsedTime(start);
        await load.Stop();
        Say($"one of two of orders hung: unready after {unready.TotalSeconds:0} s, started again and ready after "
            + $"{back.TotalSeconds:0} s: {load}");
        await NothingIsLost(load);
        await Workloads.Hold(1, "orders");
    }

    [Fact]
    public async Task A_wrong_image_takes_nothing_down_and_is_taken_back()
    {
        Here();
        await Workloads.Hold(1, Workloads.Services);
        await Warm(Rate / 2);
        await using var load = Load(Rate / 2);
        await Workloads.Kubectl("set", "image", "deployment/orders", "service=carshare-orders:wrong");
        await Eventually.Holds("the image is not found", async () =>
        {
            var pods = await Workloads.Kubectl("get", "pods", "-l", "app.kubernetes.io/name=orders");
            return pods.Contains("Image", StringComparison.Ordinal);
        }, Minutes);
        await Workloads.Kubectl("rollout", "undo", "deployment/orders");
        await Workloads.Rolled("orders");
        await load.Stop();
        Say($"a wrong image and back: {load}");
        Assert.Equal("", load.Failures);
    }

    /// <summary>The image it does not run of the two that tests/cluster/run.sh has loaded.</summary>
    static async Task<string> Other(string service)
    {
        const string Image = "jsonpath={.spec.template.spec.containers[0].image}";
        var image = await Workloads.Kubectl("get", "deployment", service, "-o", Image);
        return $"carshare-{service}:{(image.EndsWith(":dev", StringComparison.Ordinal) ? "next" : "dev")}";
    }
}
