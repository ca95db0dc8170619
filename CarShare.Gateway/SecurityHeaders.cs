using Microsoft.AspNetCore.Authorization;
using Yarp.ReverseProxy.Model;

namespace CarShare.Gateway;

/// <summary>What a browser is told about every answer, whoever wrote it.</summary>
static class SecurityHeaders
{
    /// <summary>Data is not a page: nothing in it may be run or shown in a frame.</summary>
    const string ForData = "default-src 'none'; frame-ancestors 'none'";

    /// <summary>The pages under /docs load their own scripts and styles and ask this gateway.</summary>
    const string ForDocs =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src "
        + "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    internal static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        // At the last moment: an error clears what was set before it.
        http.Response.OnStarting(Write, http);
        return next(http);
    });

    static Task Write(object state)
    {
        var http = (HttpContext)state;
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        if (!IsPage(http))
        {
            headers["Referrer-Policy"] = "no-referrer";
            var isDocs = http.Request.Path.StartsWithSegments("/docs", StringComparison.OrdinalIgnoreCase);
            headers.ContentSecurityPolicy = isDocs ? ForDocs : ForData;
        }

        headers.Remove("Server");
        headers.Remove("X-Powered-By");
        if (headers.CacheControl.Count == 0 && (http.Response.StatusCode >= 400 || !IsForAnyone(http)))
            headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }

    static bool IsForAnyone(HttpContext http) =>
        http.GetEndpoint() is not { } endpoint || endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    /// <summary>
    /// A page that came from the web, which knows better; an answer of this process in its stead is data.
    /// </summary>
    static bool IsPage(HttpContext http) =>
        http.Response.Headers.ContentSecurityPolicy.Count > 0
        && Routes.IsPage(http.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.ClusterId);
}
