using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Pipeline;

public sealed partial class WorkflowTests
{
    const string Folder = ".github/workflows";

    public static TheoryData<string> Workflows =>
        [.. Directory.GetFiles(Path.Combine(Tool.Root, Folder)).Select(file => Path.GetFileName(file)!).Order()];

    [Fact]
    public async Task Every_workflow_passes_the_linter()
    {
        var linter = Tool.Needed(Tool.Shared("actionlint") ?? Tool.OnPath("actionlint"), "actionlint");
        var said = await Tool.Run(linter, ["-no-color"]);
        Assert.True(said.Code == 0, said.All);
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_workflow_may_only_read_unless_a_job_says_what_else_it_needs(string workflow)
    {
        var permissions = Read(workflow)["permissions"]!.AsObject();
        Assert.Equal("""{"contents":"read"}""", permissions.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Every_action_has_a_version_and_every_job_an_end(string workflow)
    {
        foreach (var (name, job) in Read(workflow)["jobs"]!.AsObject())
        {
            if (job!["uses"] is { } own)
            {
                Assert.True(File.Exists(Path.Combine(Tool.Root, (string)own!)), (string)own!);
                continue;
            }

            Assert.True(job["timeout-minutes"] is not null, name);
            Assert.All(job["steps"]!.AsArray().Select(step => (string?)step!["uses"]).OfType<string>(), action =>
                Assert.Matches(@"^[\w.-]+/[\w./-]+@v\d", action));
        }
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void Every_script_that_a_workflow_calls_is_there_and_may_be_run(string workflow)
    {
        var text = File.ReadAllText(Path.Combine(Tool.Root, Folder, workflow));
        foreach (var script in Script().Matches(text).Select(match => Path.Combine(Tool.Root, match.Value)))
            Assert.True(Tool.MayBeRun(script), script);
    }

    [Fact]
    public void What_lands_is_checked_by_the_same_command_as_anybodys() =>
        Assert.Contains(".ci/run", Read("ci.yml")["jobs"]!["test"]!.ToJsonString(), StringComparison.Ordinal);

    [Fact]
    public void Azure_is_reached_by_who_the_workflow_is_never_by_a_password()
    {
        var deploy = Read("deploy-one.yml")["jobs"]!["deploy"]!;
        Assert.Equal("write", (string?)deploy["permissions"]!["id-token"]);
        var text = deploy.ToJsonString();
        Assert.Contains("--federated-credential-provider github", text, StringComparison.Ordinal);
        Assert.DoesNotContain("--client-secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain("AZURE_CREDENTIALS", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Production_comes_after_staging_in_an_environment_of_its_own_and_a_bad_deployment_is_taken_back()
    {
        var jobs = Read("deploy.yml")["jobs"]!;
        Assert.Equal("staging", (string?)jobs["production"]!["needs"]);
        Assert.Equal("production", (string?)jobs["production"]!["with"]!["environment"]);
        var job = Read("deploy-one.yml")["jobs"]!["deploy"]!;
        var steps = job["steps"]!.AsArray().Select(step => step!.ToJsonString()).ToList();
        var deploy = steps.FindIndex(step => step.Contains("azd deploy", StringComparison.Ordinal));
        var smoke = steps.FindIndex(step => step.Contains("deploy/smoke.sh", StringComparison.Ordinal));
        var rollback = steps.FindIndex(step => step.Contains("deploy/azure/rollback.sh", StringComparison.Ordinal));
        Assert.True(deploy >= 0 && smoke > deploy && rollback > smoke);
        Assert.Contains("failure()", steps[rollback], StringComparison.Ordinal);
    }

    // every secret that azd asks for comes from the environment of the workflow: it would stop and ask otherwise
    [Fact]
    public async Task Every_value_that_azd_would_ask_for_is_given_by_the_workflow()
    {
        var job = Read("deploy-one.yml")["jobs"]!["deploy"]!;
        var environment = job["env"]!.AsObject().Select(pair => pair.Key).ToHashSet();
        var asked = (await Azure.Manifest.Read()).OfType("parameter.v0")
            .Where(parameter => parameter.Resource["inputs"]!["value"]!["default"] is null)
            .Select(parameter => $"AZURE_{Words().Replace(parameter.Name, "_").ToUpperInvariant()}");
        Assert.Empty(asked.Except(environment));
    }

    static JsonNode Read(string workflow) =>
        Yaml.Documents(File.ReadAllText(Path.Combine(Tool.Root, Folder, workflow))).Single();

    [GeneratedRegex(@"(?<=\s)(\.ci/run|\./carshare|deploy/[\w/]+\.sh)\b")]
    private static partial Regex Script();

    [GeneratedRegex("-|(?<=[a-z])(?=[A-Z])")]
    private static partial Regex Words();
}
