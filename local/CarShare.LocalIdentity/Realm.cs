using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace CarShare.LocalIdentity;

/// <summary>
/// The part of a Keycloak realm import that is understood here; the rest of the file is left to Keycloak.
/// </summary>
sealed partial record Realm(
    [property: JsonPropertyName("realm")] string Name, int AccessTokenLifespan, Client[] Clients, User[] Users,
    ClientScope[] ClientScopes)
{
    public static Realm Read(string path, IConfiguration variables)
    {
        var text = Placeholder().Replace(File.ReadAllText(path), found =>
            variables[found.Groups[1].Value] is { Length: > 0 } value
            ? JsonEncodedText.Encode(value).ToString()
            : throw new InvalidRealmException($"The realm needs the environment variable {found.Groups[1].Value}."));
        try
        {
            return JsonSerializer.Deserialize<Realm>(text, Strict)!;
        }
        catch (JsonException e)
        {
            throw new InvalidRealmException($"{path} is no realm: {e.Message}");
        }
    }

    public Client? Client(string? id) => Clients.SingleOrDefault(c => c.ClientId == id);

    public User? User(string name) => Users.SingleOrDefault(u => u.Username == name);

    public User? ServiceAccount(Client client) =>
        client.ServiceAccountsEnabled ? Users.SingleOrDefault(u => u.ServiceAccountClientId == client.ClientId) : null;

    public IEnumerable<ClientScope> Scopes(Client client) => client.DefaultClientScopes.Select(name =>
        ClientScopes.SingleOrDefault(s => s.Name == name)
        ?? throw new InvalidRealmException($"The realm has no client scope {name}."));

    static readonly JsonSerializerOptions Strict =
        new(JsonSerializerDefaults.Web)
        {
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters =
            true
        };

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Placeholder();
}

sealed record Client(
    string ClientId, string[] DefaultClientScopes, bool PublicClient = false, string? Secret = null,
    bool StandardFlowEnabled = false, bool DirectAccessGrantsEnabled = false, bool ServiceAccountsEnabled = false,
    string[]? RedirectUris = null, Dictionary<string, string>? Attributes = null)
{
    const string PostLogout = "post.logout.redirect.uris", Separator = "##";

    public bool MayReturnTo(string? address) => StandardFlowEnabled && RedirectUris?.Contains(address) == true;

    public bool MayLeaveTo(string? address) =>
        Attributes?.GetValueOrDefault(PostLogout)?.Split(Separator).Contains(address) == true;
}

sealed record User(
    string Id, string Username, string[] RealmRoles, Credential[]? Credentials = null, string? ServiceAccountClientId =
        null);

sealed record Credential(string Type, string Value);

sealed record ClientScope(string Name, Dictionary<string, string> Attributes, ProtocolMapper[] ProtocolMappers)
{
    public bool IsInToken => Attributes.GetValueOrDefault("include.in.token.scope") == "true";
}

sealed record ProtocolMapper([property: JsonPropertyName("protocolMapper")] string Type, Dictionary<string,
    string> Config);

sealed class InvalidRealmException(string message) : Exception(message);
