using System.Globalization;
using System.Text.Json.Nodes;
using CarShare.LocalIdentity;

// An OpenID Connect provider for development. It reads the realm that Keycloak imports, and answers at Keycloak's addresses.
var builder = WebApplication.CreateSlimBuilder(args);
var settings = builder.Configuration;
if (!builder.Environment.IsDevelopment()) return Refuse("The local identity provider is for development only: it gives a token to whoever asks by name.");
if (settings["REALM"] is not { } file || settings["DATA"] is not { } data || !int.TryParse(settings["PORT"], CultureInfo.InvariantCulture, out var port))
    return Refuse("REALM (a realm file), DATA (a directory for the signing key) and PORT must be set.");

// no other address, also not one of the configuration
builder.WebHost.UseUrls($"http://localhost:{port}").ConfigureKestrel(kestrel => kestrel.Configure());
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
try
{
    var realm = Realm.Read(file, settings);
    var authority = $"http://localhost:{port}/realms/{realm.Name}";
    using var key = new SigningKey(data);
    var tokens = new AccessTokens(realm, key, authority, TimeProvider.System);
    await using var app = builder.Build();

    app.MapGet("/health", () => Results.Ok());
    var endpoints = app.MapGroup($"/realms/{realm.Name}");
    endpoints.MapGet("/.well-known/openid-configuration", () => new
    {
        issuer = authority,
        token_endpoint = $"{authority}/protocol/openid-connect/token",
        jwks_uri = $"{authority}/protocol/openid-connect/certs",
        grant_types_supported = new[] { "password", "client_credentials" },
        token_endpoint_auth_methods_supported = new[] { "client_secret_post", "client_secret_basic" },
        response_types_supported = Array.Empty<string>(),
        subject_types_supported = new[] { "public" },
        id_token_signing_alg_values_supported = new[] { "RS256" },
        scopes_supported = realm.ClientScopes.Select(s => s.Name),
    });
    endpoints.MapGet("/protocol/openid-connect/certs", () => new { keys = new JsonArray(key.PublicKey) });
    endpoints.MapPost("/protocol/openid-connect/token", new TokenEndpoint(realm, tokens).Handle);

    await app.StartAsync();
    Console.WriteLine($"Identity at {authority}");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception e) when (e is InvalidRealmException or IOException or UnauthorizedAccessException)
{
    return Refuse(e.Message);
}

static int Refuse(string reason)
{
    Console.Error.WriteLine(reason);
    return 1;
}
