using System.Net;

namespace CarShare.Web.Api;

/// <summary>What a service said: the thing asked for, or why not.</summary>
public sealed record Answer<T>(T? Value, Problem? Problem)
    where T : class
{
    public bool IsGood => Problem is null;

    /// <summary>True where it is the service's state that keeps the page from showing it, not the request.</summary>
    public bool IsMissing => Problem is { IsAway: true };

    public string? ETag { get; init; }
}

/// <summary>Why not, as the API says it (RFC 9457): the code is the last part of its type.</summary>
public sealed record Problem(HttpStatusCode Status, string Code, string? Detail)
{
    /// <summary>What to wait before the next try, if the service said so.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The fields that were refused.</summary>
    public IReadOnlyDictionary<string, string[]> Errors { get; init; } = new Dictionary<string, string[]>();

    public bool IsAway =>
        Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
            or >= HttpStatusCode.InternalServerError;

    public static Problem Away { get; } = new(HttpStatusCode.ServiceUnavailable, "unavailable", null);
}
