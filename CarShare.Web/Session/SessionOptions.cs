using System.ComponentModel.DataAnnotations;

namespace CarShare.Web.Session;

/// <summary>Configuration section <c>Web</c>.</summary>
sealed class SessionOptions
{
    /// <summary>What the session cookies are sealed with; the same for every instance.</summary>
    [Required(ErrorMessage = "The setting Web:SessionKey is missing.")]
    [MinLength(32, ErrorMessage = "The setting Web:SessionKey must have at least 32 characters.")]
    public string SessionKey { get; set; } = "";

    /// <summary>
    /// True where browsers come by plain http on purpose, on a laptop or in a test cluster: cookies go without TLS
    /// then.
    /// </summary>
    public bool IsPlain { get; set; }

    /// <summary>How long a session lasts without a request.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(8);

    /// <summary>How long before an access token ends the next one is fetched.</summary>
    public TimeSpan RefreshAhead { get; set; } = TimeSpan.FromMinutes(1);
}
