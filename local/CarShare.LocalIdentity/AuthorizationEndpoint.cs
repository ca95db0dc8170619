using CarShare.LocalIdentity.Login;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace CarShare.LocalIdentity;

/// <summary>
/// RFC 6749 §4.1: whoever has signed in goes back to the client with a code, everybody else to the login page.
/// </summary>
static class AuthorizationEndpoint
{
    const string Scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;

    public static async Task<IResult> Handle(
        HttpContext http, Realm realm, Users users, Principals principals, Provider.Spent spent)
    {
        var request = http.GetOpenIddictServerRequest()!;
        var signedIn = (await http.AuthenticateAsync(LoginPage.Scheme)).Principal;
        var session = signedIn?.FindFirst(Principals.Session)?.Value;
        if (signedIn?.Identity?.Name is { } name && users.Known(name) is { } user && !spent.Includes(session)
            && !request.HasPromptValue(PromptValues.Login))
        {
            var client = realm.Client(request.ClientId)!;
            // Keycloak gives a refresh token without being asked
            var principal = principals.Of(client, user, [Scopes.OpenId, Scopes.OfflineAccess], session);
            principal.SetClaim(Principals.Code, $"{Guid.CreateVersion7()}");
            return Results.SignIn(principal, authenticationScheme: Scheme);
        }

        if (request.HasPromptValue(PromptValues.None)) return Refused.As(Errors.LoginRequired, "Nobody has signed in.");
        var back = http.Request.Query.Where(p => p.Key != Parameters.Prompt);
        return Results.Challenge(new() { RedirectUri = http.Request.Path + QueryString.Create(back) },
            [LoginPage.Scheme]);
    }
}
