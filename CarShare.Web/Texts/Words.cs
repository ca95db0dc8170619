using System.Globalization;
using System.Resources;

namespace CarShare.Web.Texts;

/// <summary>
/// Everything the pages say, in the request's language: <c>Words.resx</c> (English) and <c>Words.ko.resx</c>.
/// </summary>
sealed class Words
{
    static readonly ResourceManager Resources = new("CarShare.Web.Texts.Words", typeof(Words).Assembly);

    public string this[string key] => Find(key) ?? key;

    public string this[string key, params object?[] values] =>
        string.Format(CultureInfo.CurrentCulture, this[key], values);

    /// <summary>Null if there is no such text.</summary>
    public string? Find(string key) => Resources.GetString(key, CultureInfo.CurrentUICulture);

    /// <summary>The text for a value that may be newer than this page, else the value itself.</summary>
    public string Of(string kind, string? value) => value is null ? "–" : Find($"{kind}.{value}") ?? value;

    public string Language => IsKorean ? "ko" : "en";

    public bool IsKorean => CultureInfo.CurrentUICulture.Name == "ko";
}
