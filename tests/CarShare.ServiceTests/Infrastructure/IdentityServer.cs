using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CarShare.Tests;

[assembly: AssemblyFixture(typeof(CarShare.ServiceTests.IdentityServer))]

namespace CarShare.ServiceTests;

/// <summary>
/// The local identity provider as a server of its own, with the realm of the repository: one for the whole run, or one
/// per test that stops it.
/// </summary>
public sealed class IdentityServer : IAsyncLifetime
{
    static readonly string[] Services =
        ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages"];
    static readonly HttpClient Http = new();
    readonly string _data = Directory.CreateTempSubdirectory("carshare-identity-").FullName;
    readonly Tokens _tokens;
    ChildProcess? _process;
    RSA? _key;
    string _keyId = "";

    public IdentityServer() => (Authority, _tokens) =
        ($"http://localhost:{Port}/realms/carshare", new($"http://localhost:{Port}/realms/carshare"));

    public int Port { get; } = ChildProcess.FreePort();

    /// <summary>The issuer of its tokens.</summary>
    public string Authority { get; }

    public static string RealmFile => Path.Combine(ChildProcess.RepositoryRoot, "identity/carshare-realm.json");

    /// <summary>What the provider needs to start; a test may start one of its own with something changed.</summary>
    public Dictionary<string, string> Environment =>
        new(Services.Append("web").Select(s => KeyValuePair.Create($"{s.ToUpperInvariant()}_CLIENT_SECRET", Secret(s))))
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["REALM"] = RealmFile,
            ["DATA"] = _data,
            ["PORT"] = $"{Port}",
            ["WEB_ADDRESS"] = WebAddress,
        };

    /// <summary>Where the realm's web client lives.</summary>
    public const string WebAddress = "http://web.test:8088";

    public string KeyFile => Path.Combine(_data, "signing-key.pem");

    /// <summary>The configuration of a service that believes this provider and is known to it as this client.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings(string client) =>
        [new("Authentication:Authority", Authority), new("Authentication:ClientId", client), new(
            "Authentication:ClientSecret", Secret(client))];

    public static string Secret(string client) => $"secret of {client}";

    public static ChildProcess StartWith(Dictionary<string, string> environment) => ChildProcess.Start(
        "dotnet", [Path.Combine(ChildProcess.RepositoryRoot, "local/CarShare.LocalIdentity/bin",
            ChildProcess.Configuration, "net10.0/CarShare.LocalIdentity.dll")], environment);

    public async ValueTask InitializeAsync()
    {
        await Start();
        _key = RSA.Create();
        _key.ImportFromPem(await File.ReadAllTextAsync(KeyFile));
        var keys = await Http.GetFromJsonAsync<JsonObject>($"{Authority}/protocol/openid-connect/certs");
        _keyId = keys!["keys"]![0]!["kid"]!.GetValue<string>();
    }

    public async Task Start()
    {
        _process = StartWith(Environment);
        await _process.Listens(Port);
    }

    public async Task Stop()
    {
        await _process!.DisposeAsync();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _key?.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>A token of alice, bob, operator, or of any other name, which is a customer then.</summary>
    public Task<string> Token(string user) => _tokens.Of(user);

    public Task<string> ServiceToken(string client) => _tokens.OfService(client, Secret(client));

    public Task<HttpResponseMessage> Ask(Dictionary<string, string> form) => _tokens.Ask(form);

    /// <summary>
    /// A token as the provider would write it, but for what the shape says: for everything the provider never issues.
    /// </summary>
    public string Mint(TokenShape? shape = null) => (shape ?? new()).Sign(Authority, _keyId, _key!);

    /// <summary>Any header and claims, encoded, with a good signature.</summary>
    public string Resign(string content)
    {
        var signature = _key!.SignData(
            Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{content}.{Base64Url.EncodeToString(signature)}";
    }
}
