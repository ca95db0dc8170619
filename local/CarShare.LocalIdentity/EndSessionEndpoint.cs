using CarShare.LocalIdentity.Login;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Server.AspNetCore;

namespace CarShare.LocalIdentity;

/// <summary>OpenID Connect RP-Initiated Logout: the session ends, and with it every refresh token of it.</summary>
static class EndSessionEndpoint
{
    public static async Task<IResult> Handle(HttpContext http, Provider.Spent spent)
    {
        var hint = await http.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
        var signedIn = await http.AuthenticateAsync(LoginPage.Scheme);
        foreach (var principal in new[] { hint.Principal, signedIn.Principal })
            if (principal?.FindFirst(Principals.Session)?.Value is { } session) spent.Add(session);
        await http.SignOutAsync(LoginPage.Scheme);
        return Results.SignOut(authenticationSchemes: [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]);
    }
}
