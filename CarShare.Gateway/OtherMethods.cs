using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Routing.Patterns;

namespace CarShare.Gateway;

/// <summary>
/// A method that a path does not have is answered with 405 and those it has (RFC 9110 §15.5.6). The routing says so by
/// itself only where no other route takes whatever is left over, as the pages' does.
/// </summary>
static class OtherMethods
{
    /// <summary>
    /// Behind all other routes. Those of the services are left out: which methods there are is theirs to say.
    /// </summary>
    internal static void RefuseOtherMethods(this IEndpointRouteBuilder app)
    {
        var routes = app.DataSources.SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>().ToList();
        var open = routes.Where(route => MethodsOf(route).Count == 0).Select(First).ToHashSet();
        foreach (var path in routes.Where(route => !open.Contains(First(route)))
            .GroupBy(route => route.RoutePattern.RawText!).ToList())
        {
            var allowed = string.Join(", ", path.SelectMany(MethodsOf).Distinct().Order(StringComparer.Ordinal));
            app.Map(path.Key, http => Refuse(http, allowed)).WithOrder(path.Max(route => route.Order) + 1)
                .AllowAnyone().WithMetadata(new OwnFormat());
        }
    }

    internal static Task Refuse(HttpContext http, string allowed)
    {
        http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        http.Response.Headers.Allow = allowed;
        return Task.CompletedTask;
    }

    static IReadOnlyList<string> MethodsOf(RouteEndpoint route) =>
        route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [];

    static string? First(RouteEndpoint route) =>
        (route.RoutePattern.PathSegments is [{ Parts: [RoutePatternLiteralPart literal] }, ..] ? literal : null)
            ?.Content;
}
