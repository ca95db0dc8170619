using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults.Requests;

/// <summary>HEAD works where GET does (RFC 9110 §9.3.2), and <c>Allow</c> says so.</summary>
public static class Methods
{
    /// <summary>
    /// Before the routing: a HEAD is routed as the GET it asks about, and the server sends no body for it.
    /// </summary>
    public static void UseHead(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        http.Response.OnStarting(NameHead, http);
        if (!HttpMethods.IsHead(http.Request.Method)) return next(http);
        http.Features.Set(new HeadOnly());
        http.Request.Method = HttpMethods.Get;
        return next(http);
    });

    /// <summary>True when only the headers of the answer are asked for: what has no end need not begin.</summary>
    public static bool IsHeadOnly(this HttpContext http) => http.Features.Get<HeadOnly>() is not null;

    static Task NameHead(object state)
    {
        var headers = ((HttpContext)state).Response.Headers;
        var allowed = headers.Allow.ToString()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (allowed.Contains(HttpMethods.Get) && !allowed.Contains(HttpMethods.Head))
            headers.Allow = string.Join(", ", [.. allowed, HttpMethods.Head]);
        return Task.CompletedTask;
    }

    sealed record HeadOnly;
}
