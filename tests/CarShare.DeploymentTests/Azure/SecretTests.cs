using System.Text.RegularExpressions;

namespace CarShare.DeploymentTests.Azure;

/// <summary>Services get references to secrets, and every one of them is in the vault.</summary>
public sealed partial class SecretTests
{
    [Fact]
    public async Task No_deployment_has_a_secret_in_it()
    {
        var manifest = await Manifest.Read();
        var secrets = manifest.OfType("parameter.v0")
            .Where(parameter => (bool?)parameter.Resource["inputs"]!["value"]!["secret"] == true)
            .Select(parameter => parameter.Name).ToHashSet();
        Assert.Contains("orders-client-secret", secrets);
        foreach (var (name, parameters) in manifest.Deployments)
            foreach (var reference in parameters.SelectMany(parameter => Manifest.References((string)parameter.Value!)))
            {
                Assert.DoesNotContain("secretOutputs", reference, StringComparison.Ordinal);
                Assert.False(secrets.Contains(reference.Split('.')[0]), $"{name}: {reference}");
            }
    }

    [Fact]
    public async Task Every_secret_that_a_service_reads_is_put_into_the_vault_by_a_module()
    {
        var manifest = await Manifest.Read();
        var kept = await Kept(manifest);
        foreach (var (_, parameters) in manifest.Deployments)
        {
            var vaulted = Manifest.Json(parameters["vaulted"]!).AsArray();
            var names = vaulted.Select(secret => (string)secret!["name"]!).ToList();
            Assert.Empty(names.Except(kept));
            Assert.Equal(names.Distinct(), names);
            foreach (var secret in vaulted)
                Assert.EndsWith($"secrets/{secret!["name"]}", (string)secret["url"]!, StringComparison.Ordinal);
            // what the platform takes as a name
            Assert.All(names, name => Assert.Matches("^[a-z][a-z0-9-]*[a-z0-9]$", name));

            var settings = Manifest.Json(parameters["settings"]!).AsArray();
            Assert.Empty(settings.Select(setting => (string?)setting!["secretRef"]).OfType<string>().Except(names));
            var open = settings.Where(setting => setting!["value"] is not null);
            Assert.DoesNotContain(open, setting => Confidential().IsMatch((string)setting!["name"]!));
        }
    }

    [Fact]
    public async Task Only_the_migrations_may_make_topics()
    {
        const string Password = "Aspire__Confluent__Kafka__Producer__Config__SaslPassword";
        var manifest = await Manifest.Read();
        foreach (var (name, _) in manifest.Deployments.Where(deployment => deployment.Name != "gateway"))
            if (manifest.Environment(name).TryGetValue(Password, out var secret))
                Assert.Equal(name == "migrations" ? "kafka-manager-password" : "kafka-password", secret);
        var orders = manifest.Environment("orders");
        Assert.Equal("SaslSsl", orders["Aspire__Confluent__Kafka__Consumer__Config__SecurityProtocol"]);
    }

    static async Task<List<string>> Kept(Manifest manifest)
    {
        var databases = manifest.Resources["postgres"]!["params"]!["databases"]!.AsArray();
        List<string> kept = [.. databases.Select(database => $"connectionstrings-{database}")];
        foreach (var (_, module) in manifest.Modules)
        {
            if (module["params"]!["value"] is not null) kept.Add((string)module["params"]!["name"]!);
            foreach (var secret in (await Template.Of(module)).OfType("Microsoft.KeyVault/vaults/secrets"))
                kept.AddRange(VaultName().Matches((string)secret["name"]!).Select(match => match.Groups[1].Value));
        }

        return kept;
    }

    [GeneratedRegex(@"'([a-z-]+)'\)\]$")]
    private static partial Regex VaultName();

    [GeneratedRegex("Password|Secret$|ConnectionStrings__(?!kafka)")]
    private static partial Regex Confidential();
}
