using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace CarShare.Notifications.Features;

static class Language
{
    public const string Korean = "ko";
    public const string English = "en";

    public static IReadOnlyList<string> All { get; } = [Korean, English];

    /// <summary>
    /// The one of ours that the reader likes best (RFC 9110, Accept-Language); Korean for anybody else.
    /// </summary>
    public static string Preferred(StringValues acceptLanguage) =>
        StringWithQualityHeaderValue.TryParseList([.. acceptLanguage.OfType<string>()], out var wishes)
            ? wishes.Where(wish => wish.Quality is not 0)
                .OrderByDescending(wish => wish.Quality ?? 1)
                .Select(wish => All.FirstOrDefault(ours => wish.Value.Equals(ours, StringComparison.OrdinalIgnoreCase)
                    || wish.Value.StartsWith(ours + "-", StringComparison.OrdinalIgnoreCase)))
                .FirstOrDefault(ours => ours is not null) ?? Korean
            : Korean;
}
