using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

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
                .WithExposedHeaders("Location", "Retry-After")));
    }
}
