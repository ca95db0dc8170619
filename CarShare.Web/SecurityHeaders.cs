namespace CarShare.Web;

/// <summary>
/// What a browser may do with a page: everything comes from this site, and nothing in a page runs by itself.
/// </summary>
static class SecurityHeaders
{
    public static void UseSecurityHeaders(this WebApplication app)
    {
        // signing out is a form whose answer leads to the provider
        var authority = app.Configuration["Authentication:Authority"]
            ?? throw new InvalidOperationException(
                "Authentication:Authority is missing: the identity provider's address.");
        var provider = new Uri(authority).GetLeftPart(UriPartial.Authority);
        var policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            + $"manifest-src 'self'; base-uri 'self'; frame-ancestors 'none'; form-action 'self' {provider}";
        app.Use((http, next) =>
        {
            // At the last moment: an error clears what was set before it.
            http.Response.OnStarting(() =>
            {
                var headers = http.Response.Headers;
                headers.ContentSecurityPolicy = policy;
                headers.XContentTypeOptions = "nosniff";
                headers.XFrameOptions = "DENY";
                headers["Referrer-Policy"] = "same-origin";
                headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
                if (headers.CacheControl.Count == 0) headers.CacheControl = "no-store";
                return Task.CompletedTask;
            });
            return next(http);
        });
    }
}
