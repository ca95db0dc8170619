using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace CarShare.Web;

/// <summary>The gateway is the only one who asks for pages; whoever else reaches this process is inside.</summary>
static class Behind
{
    static readonly string[] Probes = ["/alive", "/health", "/started", "/metrics", "/openapi", "/internal"];

    public static void AddBehindGateway(this IServiceCollection services)
    {
        services.Configure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders =
                ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            // the gateway writes these headers anew and nobody else gets here
            options.KnownIPNetworks.Clear();
            options.KnownProxies.Clear();
        });
        services.AddHttpsRedirection(options =>
            (options.HttpsPort, options.RedirectStatusCode) = (443, StatusCodes.Status308PermanentRedirect));
    }

    /// <summary>
    /// Probes are for who runs this process: through the gateway they are not there. Before the routing, which looks at
    /// the path once.
    /// </summary>
    public static void UseProbesFromInsideOnly(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        // the host that the gateway was asked for is kept aside when it is taken over
        if (http.Request.Headers.ContainsKey("X-Original-Host") && IsProbe(http))
            http.Request.Path = "/not-found";
        return next(http);
    });

    /// <summary>
    /// Cookies go over TLS alone, so that a page asked for without it could not be answered: browsers are sent to where
    /// it is. Not so where plain http is meant, nor for probes, which come from inside.
    /// </summary>
    public static void UseHttpsFromOutside(this WebApplication app)
    {
        if (app.Services.GetRequiredService<IOptions<Session.SessionOptions>>().Value.IsPlain) return;
        app.UseWhen(http => !IsProbe(http), pages => pages.UseHttpsRedirection());
    }

    static bool IsProbe(HttpContext http) =>
        Probes.Any(probe => http.Request.Path.StartsWithSegments(probe, StringComparison.OrdinalIgnoreCase));
}
