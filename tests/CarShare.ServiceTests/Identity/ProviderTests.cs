using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CarShare.Tests;

namespace CarShare.ServiceTests.Identity;

public sealed class ProviderTests(IdentityServer identity)
{
    static readonly HttpClient Http = new();

    [Fact]
    public async Task The_discovery_document_leads_to_keys_and_tokens()
    {
        var document = await Http.GetFromJsonAsync<JsonObject>(
            $"{identity.Authority}/.well-known/openid-configuration");

        Assert.Equal(identity.Authority, document!["issuer"]!.ToString());
        Assert.Equal($"{identity.Authority}/protocol/openid-connect/token", document["token_endpoint"]!.ToString());
        Assert.Equal(
            ["RS256"], document["id_token_signing_alg_values_supported"]!.AsArray().Select(a => a!.ToString()));
        var keys = await Http.GetFromJsonAsync<JsonObject>(document["jwks_uri"]!.ToString());
        var key = Assert.Single(keys!["keys"]!.AsArray())!.AsObject();
        Assert.Equal(["alg", "e", "kid", "kty", "n", "use"], key.Select(p => p.Key).Order());
    }

    [Fact]
    public async Task Tokens_outlive_a_restart_because_the_key_is_kept()
    {
        await using var provider = new IdentityServer();
        await provider.InitializeAsync();
        var token = Jwt.Parse(await provider.Token("alice"));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(provider.KeyFile));

        await provider.Stop();
        await provider.Start();

        Assert.True(await token.IsSignedBy(Http, provider.Authority));
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public Task Outside_development_it_refuses_to_start(string environment) =>
        RefusesToStart("for development only", e => e["ASPNETCORE_ENVIRONMENT"] = environment);

    [Fact]
    public Task A_realm_with_a_secret_that_nobody_gave_refuses_to_start() =>
        RefusesToStart("ORDERS_CLIENT_SECRET", e => e["ORDERS_CLIENT_SECRET"] = "");

    [Fact]
    public async Task A_realm_with_a_mapper_it_does_not_know_refuses_to_start()
    {
        using var realm = new TemporaryFile((await File.ReadAllTextAsync(IdentityServer.RealmFile))
            .Replace("oidc-sub-mapper", "oidc-sha256-pairwise-sub-mapper", StringComparison.Ordinal));
        await RefusesToStart("oidc-sha256-pairwise-sub-mapper", e => e["REALM"] = realm.Path);
    }

    [Fact]
    public async Task It_listens_on_loopback_only_whatever_the_environment_says()
    {
        var environment = identity.Environment;
        var port = ChildProcess.FreePort();
        (environment["PORT"], environment["ASPNETCORE_URLS"], environment["HTTP_PORTS"],
            environment["Kestrel__Endpoints__Open__Url"]) = ($"{port}", "http://*:0", "0", "http://*:0");
        await using var provider = IdentityServer.StartWith(environment);
        await provider.Listens(port);

        var listening = ListeningSockets(provider.Id);

        Assert.NotEmpty(listening);
        Assert.All(listening, address =>
            Assert.Contains(address, (string[])[$"0100007F:{port:X4}", $"00000000000000000000000001000000:{port:X4}"]));
    }

    async Task RefusesToStart(string reason, Action<Dictionary<string, string>> change)
    {
        var environment = identity.Environment;
        environment["PORT"] = $"{ChildProcess.FreePort()}";
        change(environment);
        await using var provider = IdentityServer.StartWith(environment);

        Assert.Equal(1, await provider.Ends());

        var line = Assert.Single(provider.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(reason, line, StringComparison.Ordinal);
    }

    /// <summary>The local addresses of the process's listening sockets, as the kernel writes them.</summary>
    static string[] ListeningSockets(int process)
    {
        var inodes = Directory.GetFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd"))
            .Select(f => new FileInfo(f).LinkTarget).ToHashSet();
        return [.. ((string[])["/proc/net/tcp", "/proc/net/tcp6"]).SelectMany(File.ReadLines)
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(c => c[3] == "0A" && inodes.Contains($"socket:[{c[9]}]")).Select(c => c[1])];
    }

    sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(string text) => File.WriteAllText(Path, text);

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
