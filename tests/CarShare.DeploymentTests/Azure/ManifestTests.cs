using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace CarShare.DeploymentTests.Azure;

/// <summary>The AppHost's manifest against what azd, the Bicep compiler or Azure would stumble over.</summary>
public sealed partial class ManifestTests
{
    static readonly string[] Services =
        ["customerpages", "deliveries", "gateway", "notifications", "orders", "payments", "stocks", "web"];

    [Fact]
    public async Task Every_service_and_the_migrations_are_there_by_the_one_module_for_each_kind()
    {
        var manifest = await Manifest.Read();
        Assert.Empty(Services.Append("migrations").Except(manifest.Projects.Select(project => project.Name)));
        foreach (var (name, project) in manifest.Projects)
        {
            var deployment = project["deployment"]!;
            Assert.True(File.Exists(manifest.PathOf(project)), name);
            Assert.True(File.Exists(manifest.PathOf(deployment)), name);
            Assert.False(Path.IsPathRooted((string)deployment["path"]!), name);
            var module = name == "migrations" ? "job.module.bicep" : "service.module.bicep";
            Assert.Equal(module, Path.GetFileName((string)deployment["path"]!));
            Assert.NotEmpty(deployment["params"]!.AsObject());
        }
    }

    [Fact]
    public async Task Only_entries_are_used_that_tell_azd_that_the_environment_is_the_app_hosts_own()
    {
        var manifest = await Manifest.Read();
        // a project.v0 or container.v0 would have azd make a second environment, in silence
        var types = manifest.Resources.Select(pair => (string)pair.Value!["type"]!).Distinct().Order();
        Assert.Equal(["azure.bicep.v0", "parameter.v0", "project.v1"], types);
        var owners = manifest.Modules.Where(module => (string?)module.Resource["params"]!["userPrincipalId"] == "");
        Assert.Equal("cloud", Assert.Single(owners).Name);
        // names that azd has in its own file
        string[] taken = ["rg", "location", "tags", "environmentName", "principalId"];
        Assert.Empty(manifest.Resources.Select(pair => pair.Key).Intersect(taken));
    }

    [Fact]
    public async Task The_main_ingress_has_no_port_of_its_own_and_only_the_gateway_is_open_to_the_world()
    {
        foreach (var (name, project) in (await Manifest.Read()).Projects)
        {
            var bindings = project["bindings"]?.AsObject() ?? [];
            Assert.All(bindings, binding => Assert.Null(binding.Value!["port"]));
            Assert.All(bindings, binding => Assert.Equal("http", (string?)binding.Value!["scheme"]));
            var open = bindings.Where(binding => (bool?)binding.Value!["external"] == true).Select(one => one.Key);
            Assert.Equal(name == "gateway" ? ["http"] : [], open);
            if (name == "migrations") continue;
            var shape = Manifest.Json(project["deployment"]!["params"]!["shape"]!);
            Assert.Equal(name == "gateway", shape["external"]!.GetValue<bool>());
            Assert.Equal(bindings["http"]!["targetPort"]!.GetValue<int>(), shape["port"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task Every_parameter_of_a_module_is_passed_and_no_other()
    {
        var manifest = await Manifest.Read();
        var uses = manifest.Modules.Select(module => (module.Name, Entry: (JsonNode)module.Resource))
            .Concat(manifest.Projects.Select(project => (project.Name, Entry: project.Resource["deployment"]!)));
        foreach (var (name, entry) in uses)
        {
            var wanted = (await Template.Of(entry)).Parameters.Select(pair => pair.Key).Order();
            var passed = entry["params"]!.AsObject().Select(pair => pair.Key).Append("location").Order();
            Assert.True(wanted.SequenceEqual(passed), $"{name}: {string.Join(' ', passed)}");
        }
    }

    [Fact]
    public async Task Every_reference_leads_to_something_that_is_there()
    {
        var manifest = await Manifest.Read();
        foreach (var (name, text) in Texts(manifest))
            foreach (var reference in Manifest.References(text))
            {
                var parts = reference.Split('.');
                var resource = manifest.Resources[parts[0]];
                Assert.True(resource is not null, $"{name}: {reference}");
                var isThere = parts[1] switch
                {
                    "value" => (string?)resource["type"] == "parameter.v0" && parts.Length == 2,
                    "outputs" => (await Template.Of(resource)).Outputs.Contains(parts[2]),
                    "bindings" => resource["bindings"]?[parts[2]] is not null && parts[3] is "url" or "targetPort",
                    "containerImage" or "inputs" => parts[0] == name,
                    _ => false,
                };
                Assert.True(isThere, $"{name}: {reference}");
            }
    }

    // a reference within other text, or in a list, is passed on as text, and nobody says so
    [Fact]
    public async Task A_module_gets_whole_references_or_plain_text()
    {
        foreach (var (name, module) in (await Manifest.Read()).Modules)
            foreach (var (parameter, value) in module["params"]!.AsObject())
                foreach (var text in Leaves(value))
                {
                    var isReference = WholeReference().IsMatch(text) && value is JsonValue;
                    var isPlain = !text.Contains('{', StringComparison.Ordinal);
                    Assert.True(isReference || isPlain, $"{name}.{parameter}: {text}");
                    Assert.False(text.Contains('\'', StringComparison.Ordinal), $"{name}.{parameter}: {text}");
                    Assert.DoesNotContain("containerImage", text, StringComparison.Ordinal);
                }
    }

    // these arrive with quotes of their own, or end the Bicep string they are pasted into
    [Fact]
    public async Task A_deployment_gets_texts_that_survive_what_azd_does_with_them()
    {
        foreach (var (name, parameters) in (await Manifest.Read()).Deployments)
            foreach (var (parameter, value) in parameters)
            {
                var text = value!.GetValue<string>();
                var isQuoted = text is "" or "true" or "false" or "null" or "~"
                    || double.TryParse(text, CultureInfo.InvariantCulture, out _);
                // within other text it stays a function that nobody defines
                var isPort = text.Contains(".containerPort", StringComparison.Ordinal)
                    && !WholeReference().IsMatch(text);
                Assert.False(isQuoted || isPort || Breaks().IsMatch(text), $"{name}.{parameter}: {text}");
            }
    }

    [Fact]
    public async Task A_parameter_asks_for_its_value_and_one_with_a_default_has_no_dash()
    {
        foreach (var (name, parameter) in (await Manifest.Read()).OfType("parameter.v0"))
        {
            // a constant is not found when azd deploys
            Assert.Equal($"{{{name}.inputs.value}}", (string?)parameter["value"]);
            var input = parameter["inputs"]!["value"]!;
            var hasDefault = input["default"]?["value"] is not null;
            // azd makes an output of it, where a dash is a minus
            Assert.False(hasDefault && name.Contains('-', StringComparison.Ordinal), name);
            Assert.False(hasDefault && (bool?)input["secret"] == true, $"{name} is a secret that is written down");
        }
    }

    [Fact]
    public async Task A_setting_given_to_the_app_host_is_not_lost_and_a_secret_one_is_asked_for()
    {
        var manifest = await Manifest.Write(new()
        {
            ["Settings__orders__Orders__PendingTimeout"] = "00:01:30",
            ["Settings__notifications__Smtp__Password"] = "never-written",
        });
        Assert.Equal("00:01:30", manifest.Environment("orders")["Orders__PendingTimeout"]);
        Assert.Equal("notifications-smtp-password", manifest.Environment("notifications")["Smtp__Password"]);
        Assert.DoesNotContain("never-written", manifest.Resources.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_azd_would_break_on_is_refused_with_a_sentence()
    {
        var refused = await Manifest.TryWrite(new() { ["Settings__orders__Orders__Name"] = "it's" });
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("orders: Orders__Name has a quote", refused.All, StringComparison.Ordinal);
    }

    static IEnumerable<(string Name, string Text)> Texts(Manifest manifest) =>
        from pair in manifest.Resources from text in Leaves(pair.Value) select (pair.Key, text);

    static IEnumerable<string> Leaves(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(pair => Leaves(pair.Value)),
        JsonArray list => list.SelectMany(Leaves),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };

    [GeneratedRegex(@"^\{[\w-]+\.[\w.-]+\}$")]
    private static partial Regex WholeReference();

    [GeneratedRegex("""['\\\r\n]|\$\{""")]
    private static partial Regex Breaks();
}
