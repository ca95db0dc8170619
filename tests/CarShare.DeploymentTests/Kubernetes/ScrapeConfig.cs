using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Kubernetes;

/// <summary>
/// deploy/prometheus/kubernetes.yaml as a Prometheus can be given it that knows nothing of Kubernetes, as Debian's:
/// what the discovery would say of pods comes from a file, and is relabelled by the same rules.
/// </summary>
static partial class ScrapeConfig
{
    public static async Task<string> Write(string folder, IEnumerable<JsonNode> pods)
    {
        var config = Path.Combine(folder, "prometheus.yaml");
        var discovered = Path.Combine(folder, "pods.json");
        await File.WriteAllTextAsync(discovered, new JsonArray([.. pods.SelectMany(Targets)]).ToJsonString());
        var text = await File.ReadAllTextAsync(Path.Combine(Tool.Root, "deploy/prometheus/kubernetes.yaml"));
        text = Discovery().Replace(text, $"file_sd_configs: [{{files: [{discovered}]}}]")
            .Replace("alerts.yaml", Path.Combine(Tool.Root, "deploy/prometheus/alerts.yaml"), StringComparison.Ordinal)
            .Replace("15s", "1s", StringComparison.Ordinal);
        await File.WriteAllTextAsync(config, text);
        return config;
    }

    /// <summary>One for each port of each container, with the labels that Prometheus documents for pods.</summary>
    static IEnumerable<JsonNode> Targets(JsonNode pod)
    {
        var name = pod["metadata"]!["name"]?.ToString() ?? "a-pod";
        var labels = new JsonObject { ["__meta_kubernetes_pod_name"] = name };
        foreach (var kind in (string[])["label", "annotation"])
            foreach (var (key, value) in pod["metadata"]![$"{kind}s"]?.AsObject() ?? [])
                labels[$"__meta_kubernetes_pod_{kind}_{NotOfName().Replace(key, "_")}"] = $"{value}";
        foreach (var port in pod["spec"]!["containers"]!.AsArray().SelectMany(c => c!["ports"]?.AsArray() ?? []))
        {
            var own = labels.DeepClone().AsObject();
            own["__meta_kubernetes_pod_container_port_number"] = $"{port!["containerPort"]}";
            var address = $"{pod["status"]?["podIP"]?.ToString() ?? "10.0.0.1"}:{port["containerPort"]}";
            yield return new JsonObject { ["targets"] = new JsonArray(address), ["labels"] = own };
        }
    }

    [GeneratedRegex(@"kubernetes_sd_configs: \[.*\]")]
    private static partial Regex Discovery();

    [GeneratedRegex("[^a-zA-Z0-9_]")]
    private static partial Regex NotOfName();
}
