using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace CarShare.Gateway;

/// <summary>
/// The web pages of other origins that may call, configuration section <c>Cors</c>; none unless they are named.
/// </summary>
sealed class OriginsOptions
{
    /// <summary>Such as <c>https://www.example.com</c>.</summary>
    public string[] Origins { get; set; } = [];

    internal bool AreOrigins => Origins.All(text =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
            && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
        && !text.Contains('*', StringComparison.Ordinal) && address.GetLeftPart(UriPartial.Authority) == text);
}

static class OriginsSetup
{
    /// <summary>
    /// What answers carry beyond the few headers that any page may read: without them nobody elsewhere could send the
    /// condition of a change, ask again in time or say which methods there are.
    /// </summary>
    static readonly string[] Readable =
    [
        HeaderNames.AcceptEncoding, HeaderNames.Allow, HeaderNames.ETag, HeaderNames.Location, HeaderNames.RetryAfter,
        HeaderNames.WWWAuthenticate,
    ];

    internal static void AddOrigins(this IServiceCollection services)
    {
        services.AddOptions<OriginsOptions>().BindConfiguration("Cors")
            .Validate(
                cors => cors.AreOrigins,
                "Cors:Origins must be origins such as https://www.example.com; '*' would let every web page in.")
            .ValidateOnStart();
        services.AddCors();
        services.AddOptions<CorsOptions>()
            .Configure<IOptions<OriginsOptions>>((cors, allowed) => cors.AddDefaultPolicy(policy => policy
                .WithOrigins(allowed.Value.Origins)
                .AllowAnyMethod()
                .AllowAnyHeader()
                .WithExposedHeaders(Readable)));
    }
}
