using System.Security.Claims;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace CarShare.LocalIdentity;

/// <summary>
/// Who a token is about, with the claims that the realm's mappers ask for, as Keycloak would write them.
/// </summary>
sealed class Principals(Realm realm)
{
    /// <summary>When the sign-in at this provider began and which one it is; ends with it.</summary>
    public const string Session = "sid";

    /// <summary>Names a code; tokens have no such claim.</summary>
    public const string Code = "code";

    readonly Dictionary<string, Action<User, ClaimsIdentity>[]> _mappers = realm.Clients.ToDictionary(
        c => c.ClientId, c => realm.Scopes(c).SelectMany(s => s.ProtocolMappers).Select(Mapper).ToArray());

    public ClaimsPrincipal Of(Client client, User user, IEnumerable<string> scopes, string? session = null)
    {
        var identity = new ClaimsIdentity(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme, Claims.Name,
            Claims.Role);
        foreach (var map in _mappers[client.ClientId]) map(user, identity);
        Add(identity, "azp", client.ClientId, Destinations.AccessToken);
        if (session is not null) Add(identity, Session, session, Destinations.IdentityToken);
        var principal = new ClaimsPrincipal(identity);
        principal.SetScopes(realm.Scopes(client).Where(s => s.IsInToken).Select(s => s.Name).Concat(scopes));
        return principal;
    }

    static Action<User, ClaimsIdentity> Mapper(ProtocolMapper mapper)
    {
        string[] destinations =
        [
            .. mapper.Config.GetValueOrDefault("access.token.claim") == "true" ? [Destinations.AccessToken]
                : (string[])[],
            .. mapper.Config.GetValueOrDefault("id.token.claim") == "true" ? [Destinations.IdentityToken]
                : (string[])[],
        ];
        return mapper.Type switch
        {
            "oidc-sub-mapper" => (user, claims) => Add(claims, Claims.Subject, user.Id, destinations),
            "oidc-audience-mapper" => (_, claims) => claims.SetAudiences(mapper.Config["included.custom.audience"]),
            "oidc-usermodel-attribute-mapper" when mapper.Config["user.attribute"] == "username" =>
                (user, claims) => Add(claims, mapper.Config["claim.name"], user.Username, destinations),
            "oidc-usermodel-realm-role-mapper" => (user, claims) =>
            {
                if (user.RealmRoles.Length == 0) return;
                // a list also when it is one role
                var roles = JsonSerializer.Serialize(user.RealmRoles);
                var claim = new Claim(mapper.Config["claim.name"], roles, JsonClaimValueTypes.JsonArray);
                claims.AddClaim(claim.SetDestinations(destinations));
            }
            ,
            _ => throw new InvalidRealmException(
                $"The realm's mapper {mapper.Type} is not known to the local provider."),
        };
    }

    static void Add(ClaimsIdentity identity, string type, string value, params string[] destinations)
    {
        identity.SetClaim(type, value);
        identity.FindFirst(type)!.SetDestinations(destinations);
    }
}
