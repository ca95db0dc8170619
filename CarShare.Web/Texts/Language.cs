using System.Globalization;

namespace CarShare.Web.Texts;

/// <summary>Which language a request is answered in: the one chosen here, else the browser's, else English.</summary>
static class Language
{
    public const string Cookie = "language";

    static readonly CultureInfo Korean = new("ko"), English = new("en");

    public static bool IsKnown(string? name) => name is "ko" or "en";

    public static CookieOptions Kept(HttpContext http) => new()
    {
        MaxAge = TimeSpan.FromDays(365),
        SameSite = SameSiteMode.Lax,
        HttpOnly = true,
        Secure = http.Request.IsHttps,
        IsEssential = true,
    };

    public static void UseLanguage(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        var name = http.Request.Cookies[Cookie] is { } chosen && IsKnown(chosen) ? chosen : Preferred(http.Request);
        CultureInfo.CurrentUICulture = CultureInfo.CurrentCulture = name == "ko" ? Korean : English;
        http.Response.Headers.ContentLanguage = name;
        http.Response.Headers.Vary = "Accept-Language, Cookie";
        return next(http);
    });

    static string? Preferred(HttpRequest request) => request.GetTypedHeaders().AcceptLanguage
        .OrderByDescending(language => language.Quality ?? 1).Select(language =>
            language.Value.ToString().Split('-')[0]).FirstOrDefault(IsKnown);
}
