using CarShare.DeploymentTests.Kubernetes;

namespace CarShare.DeploymentTests.Azure;

public sealed class ScaleTests
{
    [Fact]
    public async Task Azure_and_Kubernetes_scale_the_same_services_by_the_same_rules()
    {
        var kubernetes = await Kustomized.Of("production");
        var byLag = kubernetes.Kind("ScaledObject").ToDictionary(Kustomized.Name, o => o["spec"]!);
        var byCpu = kubernetes.Kind("HorizontalPodAutoscaler").ToDictionary(Kustomized.Name, o => o["spec"]!);
        foreach (var (name, parameters) in (await Manifest.Read()).Deployments)
        {
            if (name == "migrations") continue;
            var (shape, lag) = (Manifest.Json(parameters["shape"]!), Manifest.Json(parameters["lag"]!).AsObject());
            var scaled = byLag.GetValueOrDefault(name);
            var (min, max) = scaled is null
                ? (byCpu[name]["minReplicas"], byCpu[name]["maxReplicas"])
                : (scaled["minReplicaCount"], scaled["maxReplicaCount"]);
            Assert.Equal(min!.ToString(), shape["min"]!.ToString());
            Assert.Equal(max!.ToString(), shape["max"]!.ToString());
            Assert.Equal(scaled is null, lag.Count == 0);
            if (scaled is null) continue;
            var rule = scaled["triggers"]![0]!["metadata"]!.AsObject();
            Assert.Equal(rule.Select(pair => pair.Key).Order(), lag.Select(pair => pair.Key).Order());
            foreach (var (key, value) in rule.Where(pair => pair.Key != "bootstrapServers"))
                Assert.Equal((string?)value, (string?)lag[key]);
        }
    }
}
