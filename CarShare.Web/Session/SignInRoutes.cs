using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.Web.Session;

/// <summary>The way in, the way out, and what is kept in cookies beside the session.</summary>
static class SignInRoutes
{
    public static void MapSignIn(this IEndpointRouteBuilder app)
    {
        app.MapGet("/sign-in", (string? back) => Results.Challenge(
            new AuthenticationProperties { RedirectUri = Local(back) }, [OpenIdConnectDefaults.AuthenticationScheme]));
        app.MapPost("/sign-out", async (HttpContext http, IAntiforgery forms) => await forms.IsRequestValidAsync(http)
            ? Results.SignOut(
                new AuthenticationProperties { RedirectUri = "/?said=signed-out" },
                [CookieAuthenticationDefaults.AuthenticationScheme, OpenIdConnectDefaults.AuthenticationScheme])
            : Results.BadRequest());
        app.MapPost("/language", (HttpContext http, [FromForm] string language, [FromForm] string? back) =>
        {
            if (Texts.Language.IsKnown(language)) http.Response.Cookies.Append(Texts.Language.Cookie, language,
                Texts.Language.Kept(http));
            return Results.LocalRedirect(Local(back));
        });
    }

    /// <summary>A path of this site, or the first page: nobody is led elsewhere.</summary>
    public static string Local(string? back) =>
        back is ['/', ..] && back is not ['/', '/' or '\\', ..] && !back.Any(char.IsControl) ? back : "/";
}
