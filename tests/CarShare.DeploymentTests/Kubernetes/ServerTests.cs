using System.Text.Json.Nodes;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Kubernetes;

/// <summary>A real API server of its own, without a node: what it would refuse, it refuses here.</summary>
public sealed class ControlPlane : IAsyncLifetime
{
    static readonly string Lock = Path.Combine(Path.GetTempPath(), "carshare-kubernetes.lock");

    FileStream? _turn;
    bool _isOurs;

    internal string? Script { get; } =
        Environment.IsPrivilegedProcess && OperatingSystem.IsLinux() ? Tool.Shared("kubernetes.sh") : null;

    public async ValueTask InitializeAsync()
    {
        if (Script is null) return;
        // its addresses are fixed: one at a time on a machine
        await Eventually.Holds("the cluster's turn", () =>
        {
            _turn = new(Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return Task.FromResult(true);
        }, TimeSpan.FromMinutes(15));
        await Tool.Output(Script, ["start", "--control-plane"]);
        _isOurs = true;
        await KnowKeda();
        await Kubectl("apply", "-f", "deploy/kubernetes/overlays/local/namespace.yaml");
    }

    public async ValueTask DisposeAsync()
    {
        // one that somebody else has started is not ours to stop
        if (_isOurs) await Tool.Run(Script!, ["stop"]);
        if (_turn is not null) await _turn.DisposeAsync();
    }

    internal Task<string> Kubectl(params string[] arguments) => Tool.Output(Script!, ["kubectl", .. arguments]);

    internal Task<Outcome> Try(params string[] arguments) => Tool.Run(Script!, ["kubectl", .. arguments]);

    async Task KnowKeda()
    {
        var folder = Directory.CreateTempSubdirectory("carshare-keda");
        try
        {
            var archive = Tool.Shared("archives/keda-2.20.2.tar.xz")!;
            await Tool.Output("tar", ["-C", folder.FullName, "-xJf", archive, "keda-2.20.2/crds"]);
            await Kubectl("apply", "--server-side", "-f", Path.Combine(folder.FullName, "keda-2.20.2/crds"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

public sealed class ServerTests(ControlPlane server) : IClassFixture<ControlPlane>
{
    public static TheoryData<string> Overlays => [.. Kustomized.Overlays];

    // C39
    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task A_real_api_server_takes_every_object_without_a_warning(string overlay)
    {
        Tool.Needed(server.Script, "A Kubernetes of the tests");
        var answer = await server.Try("apply", "--dry-run=server", "-k", $"deploy/kubernetes/overlays/{overlay}");
        Assert.True(answer.Code == 0, answer.All);
        Assert.DoesNotContain("Warning", answer.All, StringComparison.Ordinal);
        var objects = (await Kustomized.Of(overlay)).Objects.Count;
        Assert.Equal(objects, answer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task What_the_restricted_level_forbids_is_noticed()
    {
        Tool.Needed(server.Script, "A Kubernetes of the tests");
        var answer = await server.Try("run", "rooted", "-n", "carshare", "--image=any", "--dry-run=server");
        Assert.NotEqual(0, answer.Code);
        Assert.Contains("restricted", answer.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_variable_that_a_service_gets_locally_it_gets_in_the_cluster_too()
    {
        Tool.Needed(server.Script, "A Kubernetes of the tests");
        await Tool.Output("bash", ["deploy/kubernetes/secrets.sh", server.Script!, "kubectl"]);
        var all = await Kustomized.Of("local");
        var pods = all.Services().ToDictionary(service => service.Name, service => service.Pod);
        foreach (var (service, variables) in await LocalRun.Variables())
        {
            var given = all.Environment(pods[service]).Keys.ToHashSet();
            foreach (var secret in Kustomized.SecretsOf(pods[service]))
            {
                var data = await server.Kubectl("get", "secret", secret, "-n", "carshare", "-o", "jsonpath={.data}");
                given.UnionWith(JsonNode.Parse(data)!.AsObject().Select(pair => pair.Key));
            }

            Assert.True(!variables.Except(given).Any(), $"{service} lacks {string.Join(' ', variables.Except(given))}");
        }
    }

    [Fact]
    public async Task The_secrets_that_pods_ask_for_are_made_once_and_stay()
    {
        Tool.Needed(server.Script, "A Kubernetes of the tests");
        string[] make = ["deploy/kubernetes/secrets.sh", server.Script!, "kubectl"];
        await Tool.Output("bash", make);
        var pods = (await Kustomized.Of("local")).Services();
        var asked = pods.SelectMany(service => Kustomized.SecretsOf(service.Pod)).Distinct();
        Assert.Empty(asked.Except((await Secrets("jsonpath={.items[*].metadata.name}")).Split(' ')));
        var before = await Secrets("jsonpath={.items[*].data}");
        await Tool.Output("bash", make);
        Assert.Equal(before, await Secrets("jsonpath={.items[*].data}"));

        Task<string> Secrets(string what) => server.Kubectl("get", "secrets", "-n", "carshare", "-o", what);
    }
}
