using System.Text.Json.Nodes;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Pipeline;

/// <summary>azd passes over what it does not know in its own file. CI holds it against the whole schema.</summary>
public sealed class AzureYamlTests
{
    static readonly string[] Keys = ["name", "services", "hooks"];
    static readonly string[] ServiceKeys = ["language", "project", "host"];
    static readonly string[] HookKeys = ["shell", "run"];
    static readonly string[] Hooks =
        ["preprovision", "postprovision", "prepackage", "postpackage", "predeploy", "postdeploy", "preup", "postup"];

    static JsonNode File => Yaml.Documents(System.IO.File.ReadAllText(Path.Combine(Tool.Root, "azure.yaml"))).Single();

    [Fact]
    public void Nothing_is_written_in_it_that_azd_would_pass_over()
    {
        Assert.Empty(Names(File).Except(Keys));
        Assert.All(File["services"]!.AsObject(), service => Assert.Empty(Names(service.Value!).Except(ServiceKeys)));
        Assert.Empty(Names(File["hooks"]!).Except(Hooks));
        Assert.All(File["hooks"]!.AsObject(), hook => Assert.Empty(Names(hook.Value!).Except(HookKeys)));
    }

    [Fact]
    public void The_migrations_are_started_after_each_deployment_by_a_script_that_is_there()
    {
        var hook = File["hooks"]!["postdeploy"]!;
        var script = Path.Combine(Tool.Root, (string)hook["run"]!);
        Assert.True(Tool.MayBeRun(script));
        Assert.Contains("job start --name migrations", System.IO.File.ReadAllText(script), StringComparison.Ordinal);
        var project = (string)File["services"]!["app"]!["project"]!;
        Assert.True(System.IO.File.Exists(Path.Combine(Tool.Root, project)));
    }

    // a file that is there would be used instead of what the AppHost says
    [Fact]
    public async Task What_azd_writes_is_not_under_version_control() =>
        Assert.Empty(await Tool.Files("infra/*", "CarShare.AppHost/infra/*", "CarShare.AppHost/apphost-manifest.json"));

    static IEnumerable<string> Names(JsonNode node) => node.AsObject().Select(pair => pair.Key);
}
