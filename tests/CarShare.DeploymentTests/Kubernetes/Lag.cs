using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Kubernetes;

/// <summary>The one source of the rule by which consumers are scaled.</summary>
static class Lag
{
    const string Source = "deploy/kubernetes/components/keda/lag.env";

    public static IReadOnlyDictionary<string, string> Read() => File.ReadAllLines(Path.Combine(Tool.Root, Source))
        .Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
}
