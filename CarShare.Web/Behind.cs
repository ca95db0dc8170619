using Microsoft.AspNetCore.HttpOverrides;

namespace CarShare.Web;

/// <summary>The gateway is the only one who asks for pages; whoever else reaches this process is inside.</summary>
static class Behind
{
    static readonly string[] Probes = ["/alive", "/health", "/started", "/metrics", "/openapi", "/internal"];

    public static void AddBehindGateway(this IServiceCollection services) =>
        services.Configure<ForwardedHeadersOptions>(options =>
    {
        options.ForwardedHeaders =
            ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        // the gateway writes these headers anew and nobody else gets here
        options.KnownIPNetworks.Clear();
        options.KnownProxies.Clear();
    });

    /// <summary>
    /// Probes are for who runs this process: through the gateway they are not there. Before the routing, which looks at
    /// the path once.
    /// </summary>
    public static void UseProbesFromInsideOnly(this IApplicationBuilder app) => app.Use((http, next) =>
    {
        // the host that the gateway was asked for is kept aside when it is taken over
        if (http.Request.Headers.ContainsKey("X-Original-Host") && Probes.Any(probe =>
            http.Request.Path.StartsWithSegments(probe)))
            http.Request.Path = "/not-found";
        return next(http);
    });
}
