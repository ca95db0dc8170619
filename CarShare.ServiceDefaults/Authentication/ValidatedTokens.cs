using System.Collections.Concurrent;
using System.Security.Claims;

namespace CarShare.ServiceDefaults.Authentication;

/// <summary>
/// Who brought a token once brings the very same one again for an hour: its signature need not be computed every time.
/// Only good tokens get in, under their whole text, and until they expire. Two generations bound the memory: when the
/// younger is full it becomes the older, and what was in that is forgotten.
/// </summary>
sealed class ValidatedTokens(TimeProvider clock)
{
    const int Generation = 5_000;

    ConcurrentDictionary<string, Entry> _young = new(StringComparer.Ordinal), _old = new(StringComparer.Ordinal);

    public ClaimsPrincipal? Find(string token)
    {
        var entry = _young.GetValueOrDefault(token) ?? _old.GetValueOrDefault(token);
        return entry is not null && clock.GetUtcNow() < entry.Expires ? entry.Principal : null;
    }

    public void Add(string token, ClaimsPrincipal principal, DateTimeOffset expires)
    {
        if (_young.Count >= Generation) (_old, _young) = (_young, new(StringComparer.Ordinal));
        _young[token] = new(principal, expires);
    }

    sealed record Entry(ClaimsPrincipal Principal, DateTimeOffset Expires);
}
