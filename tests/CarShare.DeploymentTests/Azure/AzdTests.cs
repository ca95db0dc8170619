using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Azure;

/// <summary>What the real azd makes of the manifest; deploying is done as azd would fill in its templates.</summary>
public sealed partial class AzdTests
{
    static readonly Lazy<Task<string>> Made = new(Generate);

    [Fact]
    public async Task Azd_writes_the_modules_and_nothing_of_its_own_and_they_compile()
    {
        var main = await MainFile();
        Assert.DoesNotContain("{{", main, StringComparison.Ordinal);
        Assert.DoesNotContain("resources.bicep", main, StringComparison.Ordinal);
        var file = Path.Combine(await Made.Value, "infra/main.bicep");
        var compiled = await Tool.Run(Tool.Bicep(), ["build", "--stdout", file]);
        Assert.True(compiled.Code == 0, compiled.Errors);
        // a parameter that only deployments use is all there may be to say
        Assert.All(Diagnostic().Matches(compiled.Errors), said => Assert.Equal("Warning no-unused-params", said.Value));
        Assert.Equal(["cloud"], Template.Members(JsonNode.Parse(compiled.Output)!["resources"]).Where(MakesEnvironment)
            .Select(module => (string)module["name"]!));
    }

    [Fact]
    public async Task Every_value_that_a_deployment_asks_for_is_an_output_or_a_parameter()
    {
        var main = await MainFile();
        var outputs = Output().Matches(main).Select(match => match.Groups[1].Value).ToHashSet();
        var parameters = Parameter().Matches(main).Select(match => match.Groups[1].Value).ToHashSet();
        // without these two azd has no registry, and no service an address
        Assert.Contains("AZURE_CONTAINER_REGISTRY_ENDPOINT", outputs);
        Assert.Contains("AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN", outputs);
        foreach (var (name, template) in await Templates())
        {
            Assert.All(OutputAsked().Matches(template), asked => Assert.Contains(asked.Groups[1].Value, outputs));
            Assert.All(ParameterAsked().Matches(template), asked => Assert.Contains(asked.Groups[1].Value, parameters));
            Assert.Contains($"param name = '{name}'", template, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_service_and_job_can_be_deployed_with_what_azd_fills_in()
    {
        var folder = await Made.Value;
        var templates = await Templates();
        var projects = (await Manifest.Read()).Projects.Select(project => project.Name).Order();
        Assert.Equal(projects, templates.Select(template => template.Name));
        foreach (var (name, template) in templates)
        {
            var filled = OutputAsked().Replace(template, "https://$1.test/");
            filled = ParameterAsked().Replace(filled, "text of $1");
            filled = filled.Replace("{{ .Image }}", "registry.test/image:1", StringComparison.Ordinal);
            Assert.DoesNotContain("{{ ", filled, StringComparison.Ordinal);
            var file = Path.Combine(folder, "infra", name, $"{name}.bicepparam");
            await File.WriteAllTextAsync(file, filled, TestContext.Current.CancellationToken);
            var built = JsonNode.Parse(await Tool.Output(Tool.Bicep(), ["build-params", "--stdout", file]))!;
            var parameters = JsonNode.Parse((string)built["parametersJson"]!)!["parameters"]!;
            Assert.Equal(name, (string?)parameters["name"]!["value"]);
            Assert.Equal("registry.test/image:1", (string?)parameters["image"]!["value"]);
            Assert.All(Read(parameters, "settings").AsArray(), setting =>
                Assert.True(setting!["value"] is not null ^ setting["secretRef"] is not null));
            Assert.All(Read(parameters, "vaulted").AsArray(), secret =>
                Assert.StartsWith("https://", (string)secret!["url"]!, StringComparison.Ordinal));
            if (name == "migrations") continue;
            Assert.True(Read(parameters, "shape")["port"]!.GetValue<int>() > 1024);
            Assert.NotNull(Read(parameters, "lag"));
        }
    }

    // a value that was pasted with quotes of its own, or half of one, is no JSON
    static JsonNode Read(JsonNode parameters, string name) => JsonNode.Parse((string)parameters[name]!["value"]!)!;

    static bool MakesEnvironment(JsonNode module) => Template.Members(module["properties"]?["template"]?["resources"])
        .Any(resource => (string)resource["type"]! == "Microsoft.App/managedEnvironments");

    static async Task<string> MainFile() => await File.ReadAllTextAsync(
        Path.Combine(await Made.Value, "infra/main.bicep"), TestContext.Current.CancellationToken);

    static async Task<List<(string Name, string Text)>> Templates()
    {
        var folder = Path.Combine(await Made.Value, Manifest.AppHost, "infra");
        var files = Directory.GetFiles(folder, "*.tmpl.bicepparam", SearchOption.AllDirectories).Order();
        return [.. files.Select(file => (Path.GetFileName(file).Split('.')[0], File.ReadAllText(file)))];
    }

    static async Task<string> Generate()
    {
        var azd = Tool.Needed(Tool.Shared("azd") ?? Tool.OnPath("azd"), "azd");
        var folder = (await Manifest.Read()).Folder;
        await Tool.Output(azd, ["infra", "generate", "--no-prompt", "--force"], folder, new Dictionary<string, string?>
        {
            ["AZD_CONFIG_DIR"] = Path.Combine(folder, ".config"),
            ["AZD_BICEP_TOOL_PATH"] = Tool.Bicep(),
            ["AZD_DEBUG_DOTNET_APPHOST_USE_FIXED_MANIFEST"] = "true",
            ["AZURE_DEV_COLLECT_TELEMETRY"] = "no",
        });
        return folder;
    }

    [GeneratedRegex(@"(Warning|Error) [\w-]+")]
    private static partial Regex Diagnostic();

    [GeneratedRegex(@"^output (\w+) ", RegexOptions.Multiline)]
    private static partial Regex Output();

    [GeneratedRegex(@"^param (\w+) ", RegexOptions.Multiline)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\{\{ \.Env\.(\w+) \}\}")]
    private static partial Regex OutputAsked();

    [GeneratedRegex("""\{\{ parameter(?:WithDefault)? "(\w+)"(?: "[^"]*")? ?\}\}""")]
    private static partial Regex ParameterAsked();
}
