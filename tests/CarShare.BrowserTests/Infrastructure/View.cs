namespace CarShare.BrowserTests;

/// <summary>
/// Language, width and light: each story is told in both languages, in both widths, in light and dark, by two views.
/// </summary>
public sealed record View(string Name, string Locale, int Width, bool IsDark)
{
    public static readonly View English = new("en-wide", "en-US", 1280, false);

    public static readonly View Korean = new("ko-phone", "ko-KR", 360, true);

    public static TheoryData<string> All => [.. Both.Select(view => view.Name)];

    static View[] Both => [English, Korean];

    public static View Named(string name) => Both.Single(view => view.Name == name);

    public bool IsKorean => Locale.StartsWith("ko", StringComparison.Ordinal);
}
