using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Azure;

/// <summary>The modules, compiled: what Azure would be asked for.</summary>
public sealed class ModuleTests
{
    const string Redis = "Microsoft.Cache/redisEnterprise";
    const string Service = "service.module.bicep";

    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly (string Module, string Type)[] Stores =
    [
        ("postgres.module.bicep", "Microsoft.DBforPostgreSQL/flexibleServers"),
        ("kafka.module.bicep", "Microsoft.EventHub/namespaces"),
        ("redis.module.bicep", Redis),
        ("cloud.module.bicep", "Microsoft.KeyVault/vaults"),
    ];

    public static TheoryData<string> Modules => [.. Template.Modules];

    [Theory]
    [MemberData(nameof(Modules))]
    public async Task A_module_compiles_without_a_warning_and_the_linter_has_nothing_to_say(string module)
    {
        foreach (var command in (string[][])[["build", "--stdout"], ["lint"]])
        {
            var said = await Tool.Run(Tool.Bicep(), [.. command, Template.PathOf(module)]);
            Assert.True(said.Code == 0, said.All);
            Assert.DoesNotContain("Warning", said.Errors, StringComparison.Ordinal);
            Assert.DoesNotContain("Error", said.Errors, StringComparison.Ordinal);
        }
    }

    // azd copies one file for each module and gives each a location
    [Theory]
    [MemberData(nameof(Modules))]
    public async Task A_module_takes_a_location_and_needs_no_other_file(string module)
    {
        Assert.Contains("location", (await Template.Of(module)).Parameters);
        var text = await File.ReadAllTextAsync(Template.PathOf(module), TestContext.Current.CancellationToken);
        foreach (var other in (string[])["\nmodule ", "\nimport ", "loadTextContent(", "loadJsonContent("])
            Assert.DoesNotContain(other, text, StringComparison.Ordinal);
    }

    // C38
    [Fact]
    public async Task A_service_has_three_probes_each_on_a_path_of_its_own()
    {
        var app = (await Template.Of(Service)).One("Microsoft.App/containerApps");
        var probes = app["properties"]!["template"]!["containers"]![0]!["probes"]!.AsArray();
        Assert.Equal(["Startup", "Readiness", "Liveness"], probes.Select(probe => (string)probe!["type"]!));
        Assert.Equal(["/started", "/health", "/alive"], probes.Select(probe => (string)probe!["httpGet"]!["path"]!));
        Assert.All(probes, probe =>
            Assert.Contains("healthPort", (string)probe!["httpGet"]!["port"]!, StringComparison.Ordinal));
        var (period, failures) = (Number(probes[0]!["periodSeconds"]), Number(probes[0]!["failureThreshold"]));
        // more than ten failures are refused by the platform
        Assert.InRange(failures, 1, 10);
        Assert.True(period * failures >= 300, "a service is restarted before its schema can be there");
    }

    [Fact]
    public async Task A_service_is_scaled_by_requests_cpu_and_lag_and_stopped_with_grace()
    {
        var service = await Template.Of(Service);
        var template = service.One("Microsoft.App/containerApps")["properties"]!["template"]!;
        var rules = (string)template["scale"]!["rules"]! + service.Json["variables"]!.ToJsonString(Plain);
        foreach (var part in (string[])["concurrentRequests", "'cpu'", "'kafka'", "'auth'", "kafka-password"])
            Assert.Contains(part, rules, StringComparison.Ordinal);
        Assert.True(Number(template["terminationGracePeriodSeconds"]) > 15);
        Assert.Contains(".min", (string)template["scale"]!["minReplicas"]!, StringComparison.Ordinal);
        Assert.Contains(".max", (string)template["scale"]!["maxReplicas"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Service, "Microsoft.App/containerApps")]
    [InlineData("job.module.bicep", "Microsoft.App/jobs")]
    public async Task Secrets_come_from_the_vault_by_an_identity_that_the_program_cannot_use(string module, string type)
    {
        var resource = (await Template.Of(module)).One(type);
        var configuration = resource["properties"]!["configuration"]!;
        var secrets = (string)configuration["secrets"]!;
        Assert.Contains("'keyVaultUrl'", secrets, StringComparison.Ordinal);
        Assert.DoesNotContain("'value'", secrets, StringComparison.Ordinal);
        Assert.Equal("UserAssigned", (string?)resource["identity"]!["type"]);
        Assert.Equal("None", (string?)configuration["identitySettings"]![0]!["lifecycle"]);
        var registries = configuration["registries"]!.ToJsonString();
        Assert.DoesNotContain("password", registries, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Migrations_are_a_job_that_starts_when_it_is_told_to()
    {
        var job = (await Template.Of("job.module.bicep")).One("Microsoft.App/jobs");
        var configuration = job["properties"]!["configuration"]!;
        Assert.Equal("Manual", (string?)configuration["triggerType"]);
        Assert.True(Number(configuration["replicaRetryLimit"]) >= 3);
    }

    [Fact]
    public async Task No_store_can_be_reached_from_outside_the_services_network()
    {
        foreach (var (module, type) in Stores)
        {
            var template = await Template.Of(module);
            var store = template.One(type)["properties"]!;
            // Managed Redis has no such switch: with a private endpoint nothing else reaches it
            var access = (string?)(store["publicNetworkAccess"] ?? store["network"]?["publicNetworkAccess"]);
            Assert.Equal(type == Redis ? null : "Disabled", access);
            Assert.Single(template.OfType("Microsoft.Network/privateEndpoints"));
            Assert.Single(template.OfType("Microsoft.Network/privateDnsZones"));
            Assert.Single(template.OfType("Microsoft.Network/privateDnsZones/virtualNetworkLinks"));
        }
    }

    [Fact]
    public async Task Nothing_is_spoken_to_without_tls()
    {
        var postgres = await Template.Of("postgres.module.bicep");
        var tls = postgres.One("Microsoft.DBforPostgreSQL/flexibleServers/configurations")["properties"]!;
        Assert.Equal("on", (string?)tls["value"]);
        Assert.Contains("SSL Mode=VerifyFull", postgres.Json.ToJsonString(Plain), StringComparison.Ordinal);

        var kafka = (await Template.Of("kafka.module.bicep")).One("Microsoft.EventHub/namespaces")["properties"]!;
        Assert.Equal("1.2", (string?)kafka["minimumTlsVersion"]);

        var redis = await Template.Of("redis.module.bicep");
        Assert.Equal("Encrypted", (string?)redis.One($"{Redis}/databases")["properties"]!["clientProtocol"]);
        Assert.Contains("ssl=True", redis.Json.ToJsonString(Plain), StringComparison.Ordinal);

        var cloud = await Template.Of("cloud.module.bicep");
        var environment = cloud.One("Microsoft.App/managedEnvironments")["properties"]!;
        Assert.True(environment["peerTrafficConfiguration"]!["encryption"]!["enabled"]!.GetValue<bool>());
        Assert.True(environment["peerAuthentication"]!["mtls"]!["enabled"]!.GetValue<bool>());
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public async Task No_secret_is_an_output_or_a_parameter_that_everybody_may_read(string module)
    {
        var template = await Template.Of(module);
        var outputs = template.Json["outputs"]?.ToJsonString() ?? "";
        foreach (var part in (string[])["listKeys", "password", "connectionString"])
            Assert.DoesNotContain(part, outputs, StringComparison.OrdinalIgnoreCase);
        foreach (var (name, parameter) in template.Parameters)
            Assert.Equal(name is "password" or "value", (string?)parameter!["type"] == "securestring");
    }

    [Theory]
    [InlineData("postgres.module.bicep", "host")]
    [InlineData("redis.module.bicep", "host")]
    [InlineData("kafka.module.bicep", "bootstrapServers")]
    public async Task Nothing_is_made_where_a_parameter_names_a_server_that_is_there(string module, string parameter)
    {
        var template = await Template.Of(module);
        Assert.Equal($"[equals(parameters('{parameter}'), 'new')]", (string?)template.Json["variables"]!["isNew"]);
        foreach (var resource in template.Resources)
        {
            var type = (string)resource["type"]!;
            var isInVault = type.StartsWith("Microsoft.KeyVault", StringComparison.Ordinal);
            Assert.True(isInVault || (string?)resource["condition"] == "[variables('isNew')]", type);
        }
    }

    static int Number(JsonNode? node) => node!.GetValue<int>();
}
