using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace CarShare.LocalIdentity;

/// <summary>
/// RFC 6749: a code (§4.1), a user's password (§4.3), a client on its own behalf (§4.4), a refresh token (§6).
/// </summary>
static class TokenEndpoint
{
    const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;

    public static async Task<IResult> Handle(
        HttpContext http, Realm realm, Users users, Principals principals, Provider.Spent spent)
    {
        var request = http.GetOpenIddictServerRequest()!;
        var client = realm.Client(request.ClientId)!;
        if (request.IsPasswordGrantType())
            return users.Find(request.Username ?? "", request.Password ?? "") is { } user
                ? SignIn(client, user)
                : Refused.As(Errors.InvalidGrant, "Unknown user or wrong password.");
        if (request.IsClientCredentialsGrantType())
            return realm.ServiceAccount(client) is { } account
                ? SignIn(client, account)
                : Refused.As(Errors.UnauthorizedClient, "This client has no service account.");

        // OpenIddict has checked that the code or refresh token is good, is this client's, and its proof key
        var presented = (await http.AuthenticateAsync(Scheme)).Principal!;
        var session = presented.GetClaim(Principals.Session);
        if (spent.Includes(session)) return Refused.As(Errors.InvalidGrant, "The session has ended.");
        if (request.IsAuthorizationCodeGrantType() && (presented.GetClaim(Principals.Code) is not { } code
            || !spent.Add(code)))
            return Refused.As(Errors.InvalidGrant, "The code was used before.");
        var name = presented.GetClaim(Claims.PreferredUsername);
        if (name is null || users.Known(name) is not { } known)
            return Refused.As(Errors.InvalidGrant, "The user is not known any more.");
        var renewed = principals.Of(client, known, [Scopes.OpenId, Scopes.OfflineAccess], session);
        return Results.SignIn(renewed, authenticationScheme: Scheme);

        IResult SignIn(Client to, User who) => Results.SignIn(principals.Of(to, who, []), authenticationScheme: Scheme);
    }
}
