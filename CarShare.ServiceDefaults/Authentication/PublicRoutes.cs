using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>All that may be read without saying who one is, at the gateway and at the services. Everything else needs a token.</summary>
public static class PublicRoutes
{
    /// <summary>The routes; GET only.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "/alive", "/health", "/started",
        "/openapi/{document}.json", "/docs/{**file}",
        "/stocks", "/stocks/{productId}",
    ];

    static readonly TemplateMatcher[] Matchers = [.. All.Select(route => new TemplateMatcher(TemplateParser.Parse(route), []))];

    /// <summary>True when this request is to one of them.</summary>
    public static bool Include(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && Matchers.Any(matcher => matcher.TryMatch(request.Path, []));
}
