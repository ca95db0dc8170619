using System.Globalization;
using System.Text.Json.Nodes;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Cluster;

/// <summary>The Deployments in the cluster, as kubectl and the node itself show them.</summary>
static class Workloads
{
    public const string PausedAt = "autoscaling.keda.sh/paused-replicas";

    public static readonly string[] Services =
        ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages", "web", "gateway"];

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    static readonly string[] ScaledByLag = ["deliveries", "notifications", "customerpages"];

    public static Task<string> Kubectl(params string[] arguments) =>
        Tool.Output("kubectl", ["-n", "carshare", .. arguments]);

    public static async Task<IReadOnlyList<JsonNode>> Pods(string service)
    {
        var pods = await Kubectl("get", "pods", "-l", $"app.kubernetes.io/name={service}", "-o", "json");
        return [.. JsonNode.Parse(pods)!["items"]!.AsArray().Select(pod => pod!)];
    }

    public static async Task<int> Ready(string service)
    {
        var ready = await Kubectl("get", "deployment", service, "-o", "jsonpath={.status.readyReplicas}");
        return int.TryParse(ready, CultureInfo.InvariantCulture, out var count) ? count : 0;
    }

    /// <summary>How often the containers of its pods were started again.</summary>
    public static async Task<int> Restarts(string service) =>
        (await Pods(service)).Sum(pod => (int?)Container(pod)?["restartCount"] ?? 0);

    public static Task Rolled(string service) =>
        Kubectl("rollout", "status", $"deployment/{service}", "--timeout=240s");

    /// <summary>So many pods of each, and no autoscaler that thinks otherwise.</summary>
    public static async Task Hold(int count, params IEnumerable<string> services)
    {
        foreach (var service in services)
        {
            if (service == "orders") await Autoscale(count, count);
            if (ScaledByLag.Contains(service))
                await Kubectl("annotate", $"scaledobject/{service}", $"{PausedAt}={count}", "--overwrite");
            await Kubectl("scale", $"deployment/{service}", $"--replicas={count}");
            await Eventually.Holds($"{count} of {service}", async () =>
                (await Pods(service)).Count == count && await Ready(service) == count, Patience);
        }
    }

    /// <summary>The autoscalers as they were applied.</summary>
    public static async Task Release()
    {
        await Autoscale(1, 3);
        foreach (var service in ScaledByLag) await Kubectl("annotate", $"scaledobject/{service}", $"{PausedAt}-");
    }

    /// <summary>Sends a signal to what runs in a pod: nobody has told Kubernetes that it will.</summary>
    public static async Task Signal(JsonNode pod, string signal)
    {
        var container = ((string)Container(pod)!["containerID"]!).Split("://")[1];
        var processes = Directory.EnumerateDirectories("/proc").Where(folder => IsIn(folder, container))
            .Select(folder => Path.GetFileName(folder)).ToList();
        Assert.NotEmpty(processes);
        await Tool.Output("kill", [$"-{signal}", .. processes]);
    }

    static JsonNode? Container(JsonNode pod) => pod["status"]!["containerStatuses"]?[0];

    static bool IsIn(string process, string container)
    {
        var groups = Path.Combine(process, "cgroup");
        try
        {
            return File.Exists(groups) && File.ReadAllText(groups).Contains(container, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // it ended meanwhile
            return false;
        }
    }

    static Task Autoscale(int least, int most) => Kubectl(
        "patch", "hpa/orders", "-p", $$$"""{"spec":{"minReplicas":{{{least}}},"maxReplicas":{{{most}}}}}""");
}
