using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Kubernetes;

/// <summary>What kustomize makes of an overlay.</summary>
sealed record Kustomized(string Overlay, IReadOnlyList<JsonNode> Objects)
{
    const string Folder = "deploy/kubernetes/overlays";

    public static IEnumerable<string> Overlays => ["local", "production"];

    static readonly ConcurrentDictionary<string, Lazy<Task<Kustomized>>> Made = new();

    public static Task<Kustomized> Of(string overlay)
    {
        var kubectl = Tool.Needed(Tool.OnPath("kubectl"), "kubectl");
        return Made.GetOrAdd(overlay, _ => new(() => Make(kubectl, overlay))).Value;
    }

    static async Task<Kustomized> Make(string kubectl, string overlay) =>
        new(overlay, Yaml.Documents(await Tool.Output(kubectl, ["kustomize", $"{Folder}/{overlay}"])));

    public IEnumerable<JsonNode> Kind(string kind) => Objects.Where(o => (string)o["kind"]! == kind);

    public JsonNode? Find(string kind, string name) => Kind(kind).SingleOrDefault(o => Name(o) == name);

    public static string Name(JsonNode kubernetesObject) => (string)kubernetesObject["metadata"]!["name"]!;

    /// <summary>Everything that makes pods, by name.</summary>
    public IEnumerable<(string Name, JsonNode Pod)> Pods() =>
        from o in Objects let pod = Template(o) where pod is not null select (Name(o), pod);

    /// <summary>The pods of CarShare's own programs.</summary>
    public IEnumerable<(string Name, JsonNode Pod)> Services() =>
        from o in Objects
        let pod = Template(o)
        where pod is not null && (string?)o["metadata"]!["labels"]?["carshare/tier"] == "service"
        select (Name(o), pod);

    public JsonNode PodOf(string deployment) => Template(Find("Deployment", deployment)!)!;

    public static JsonNode Container(JsonNode pod) => pod["containers"]!.AsArray().Single()!;

    /// <summary>A container's variables, those from ConfigMaps among them, those from Secrets not.</summary>
    public IReadOnlyDictionary<string, string?> Environment(JsonNode pod)
    {
        var found = new Dictionary<string, string?>();
        foreach (var source in Container(pod)["envFrom"]?.AsArray() ?? [])
            if (source!["configMapRef"]?["name"] is { } map)
                foreach (var (key, value) in Find("ConfigMap", (string)map!)!["data"]!.AsObject())
                    found[key] = (string?)value;
        foreach (var variable in Container(pod)["env"]?.AsArray() ?? [])
            found[(string)variable!["name"]!] = (string?)variable["value"];
        return found;
    }

    /// <summary>The Secrets without which a pod does not start.</summary>
    public static IEnumerable<string> SecretsOf(JsonNode pod) =>
        from source in Container(pod)["envFrom"]?.AsArray() ?? []
        let secret = source!["secretRef"]
        where secret is not null && (bool?)secret["optional"] != true
        select (string)secret["name"]!;

    static JsonNode? Template(JsonNode o) => (o["spec"]?["jobTemplate"] ?? o)["spec"]?["template"]?["spec"];
}
