using System.Text.Json.Nodes;

namespace CarShare.LocalIdentity;

/// <summary>Access tokens with the claims that the realm's mappers ask for, as Keycloak would write them.</summary>
sealed class AccessTokens(Realm realm, SigningKey key, string issuer, TimeProvider clock)
{
    readonly Dictionary<string, Action<User, JsonObject>[]> _mappers =
        realm.Clients.ToDictionary(c => c.ClientId, c => realm.Scopes(c).SelectMany(s => s.ProtocolMappers).Select(Mapper).ToArray());

    public JsonObject Issue(Client client, User user)
    {
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        var scope = string.Join(' ', realm.Scopes(client).Where(s => s.IsInToken).Select(s => s.Name));
        var claims = new JsonObject
        {
            ["iss"] = issuer,
            ["azp"] = client.ClientId,
            ["jti"] = $"{Guid.CreateVersion7()}",
            ["iat"] = now,
            ["exp"] = now + realm.AccessTokenLifespan,
            ["typ"] = "Bearer",
            ["scope"] = scope,
        };
        foreach (var map in _mappers[client.ClientId]) map(user, claims);
        return new() { ["access_token"] = key.Sign(claims), ["token_type"] = "Bearer", ["expires_in"] = realm.AccessTokenLifespan, ["scope"] = scope };
    }

    static Action<User, JsonObject> Mapper(ProtocolMapper mapper) => mapper.Type switch
    {
        "oidc-sub-mapper" => (user, claims) => claims["sub"] = user.Id,
        "oidc-audience-mapper" => (_, claims) => claims["aud"] = mapper.Config["included.custom.audience"],
        "oidc-usermodel-attribute-mapper" when mapper.Config["user.attribute"] == "username" => (user, claims) => claims[mapper.Config["claim.name"]] = user.Username,
        "oidc-usermodel-realm-role-mapper" => (user, claims) =>
        {
            if (user.RealmRoles.Length > 0) claims[mapper.Config["claim.name"]] = new JsonArray([.. user.RealmRoles.Select(r => JsonValue.Create(r))]);
        },
        _ => throw new InvalidRealmException($"The realm's mapper {mapper.Type} is not known to the local provider."),
    };
}
