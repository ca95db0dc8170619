using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;

namespace CarShare.LocalIdentity.Login;

/// <summary>A page that asks who somebody is, and the cookie that remembers it.</summary>
static class LoginPage
{
    public const string Scheme = "login";

    static readonly string Page = Resource("login.html"), Style = Resource("login.css");

    public static void AddLogin(this IServiceCollection services, Addresses address, string data)
    {
        services.AddDataProtection().SetApplicationName("identity")
            .PersistKeysToFileSystem(Directory.CreateDirectory(Path.Combine(data, "keys")));
        services.AddAuthentication().AddCookie(Scheme, cookie =>
        {
            cookie.Cookie.Name = "carshare-identity";
            cookie.Cookie.Path = $"/{address.Base}";
            cookie.LoginPath = $"/{address.Login}";
            cookie.ReturnUrlParameter = "back";
            // the page itself knows where it may lead
            cookie.Events.OnRedirectToReturnUrl = _ => Task.CompletedTask;
            cookie.ExpireTimeSpan = TimeSpan.FromHours(10);
        });
        services.AddAntiforgery(form =>
        {
            form.Cookie.Name = "carshare-identity-form";
            form.Cookie.Path = $"/{address.Base}";
            form.FormFieldName = "form";
        });
        services.AddHostFiltering(hosts => hosts.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"]);
    }

    public static void MapLogin(this IEndpointRouteBuilder app, Addresses address)
    {
        app.MapGet($"/{address.Login}", (HttpContext http, Realm realm, IAntiforgery forms, string? back) =>
            Show(http, realm, forms, back, name: "", wrong: null));
        app.MapGet($"/{address.Login}.css", () => Results.Text(Style, "text/css"));
        app.MapPost($"/{address.Login}", SignIn);
    }

    static async Task<IResult> SignIn(HttpContext http, Realm realm, Users users, IAntiforgery forms, string? back,
        CancellationToken ct)
    {
        var texts = Texts.For(http.Request);
        if (!await forms.IsRequestValidAsync(http)) return Show(http, realm, forms, back, "", texts.Stale);
        var form = await http.Request.ReadFormAsync(ct);
        var (name, password) = (form["name"].ToString(), form["password"].ToString());
        if (users.Find(name, password) is not { } user) return Show(http, realm, forms, back, name, texts.Wrong);
        // a session of its own for each sign-in: nobody goes on with one that somebody else began
        var identity = new ClaimsIdentity(
            [new(ClaimTypes.Name, user.Username), new(Principals.Session, $"{Guid.CreateVersion7()}")], Scheme);
        await http.SignInAsync(Scheme, new ClaimsPrincipal(identity));
        return IsOwn(back, http) ? Results.LocalRedirect(back!) : Results.Text(texts.SignedIn);
    }

    static IResult Show(HttpContext http, Realm realm, IAntiforgery forms, string? back, string name, string? wrong)
    {
        var (html, texts) = (HtmlEncoder.Default, Texts.For(http.Request));
        var clients = realm.Clients.SelectMany(c => c.RedirectUris ?? [])
            .Select(a => new Uri(a).GetLeftPart(UriPartial.Authority));
        var headers = http.Response.Headers;
        // the answer to the form leads back to the client, which browsers count among the form's targets
        headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            + $"form-action 'self' {string.Join(' ', clients.Distinct())}";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        var page = Page
            .Replace("{lang}", texts.Language).Replace("{title}", html.Encode(texts.Title)).Replace("{intro}",
                html.Encode(texts.Intro))
            .Replace("{nameLabel}", html.Encode(texts.Name)).Replace("{passwordLabel}", html.Encode(texts.Password))
            .Replace("{submit}", html.Encode(texts.Submit)).Replace("{hint}", html.Encode(texts.Hint))
            .Replace("{wrong}", wrong is null ? ""
                : $"<p class=\"wrong\" id=\"wrong\" role=\"alert\">{html.Encode(wrong)}</p>")
            .Replace("{invalid}", wrong is null ? "" : "aria-invalid=\"true\" aria-describedby=\"wrong\"")
            .Replace("{form}", html.Encode(forms.GetAndStoreTokens(http).RequestToken!))
            .Replace("{action}", html.Encode(http.Request.Path + QueryString.Create("back", back ?? "")))
            .Replace("{style}", html.Encode($"{http.Request.Path}.css"))
            // last, because it is whatever somebody typed
            .Replace("{name}", html.Encode(name));
        return Results.Content(page, "text/html; charset=utf-8", statusCode: wrong is null ? 200 : 422);
    }

    /// <summary>Back to this provider's own pages and nowhere else.</summary>
    static bool IsOwn(string? address, HttpContext http) =>
        address?.StartsWith($"{http.Request.Path.Value![..^"login".Length]}protocol/",
            StringComparison.Ordinal) == true;

    static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(LoginPage).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
