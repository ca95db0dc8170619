using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CarShare.ServiceDefaults.Requests;

/// <summary>What a segment of a path says.</summary>
public static class PathText
{
    const string Slash = "%2F";

    /// <summary>
    /// The server decodes a path but for its slashes (a%2Fb would else be two segments), and then a%252Fb looks the
    /// same: what was meant is read where it was said, in the request line.
    /// </summary>
    /// <param name="http">The request.</param>
    /// <param name="segment">As the server has it.</param>
    public static string AsMeant(HttpContext http, string segment)
    {
        if (!HasSlash(segment)) return segment;
        var line = http.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        return line.Split('?')[0].Split('/').Select(Uri.UnescapeDataString).FirstOrDefault(meant =>
            meant.Replace("/", Slash, StringComparison.Ordinal).Equals(segment, StringComparison.OrdinalIgnoreCase))
            ?? segment;
    }

    /// <summary>True where something is left that is not as it was meant.</summary>
    public static bool HasSlash(string path) => path.Contains(Slash, StringComparison.OrdinalIgnoreCase);
}
