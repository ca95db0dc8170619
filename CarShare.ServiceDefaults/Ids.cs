using System.Diagnostics.CodeAnalysis;

namespace CarShare.ServiceDefaults;

/// <summary>
/// The one form of an id in a request, wherever it stands and whichever adapter reads it (RFC 9562 §4).
/// </summary>
public static class Ids
{
    /// <summary>What is said of anything else.</summary>
    public const string Form = "must be an id such as 01890a5d-ac96-774b-bcce-b302099a8057";

    /// <summary>
    /// Reads hexadecimal digits and dashes; what the framework takes beside them (signs, prefixes, blanks, braces)
    /// would be a second spelling of the same id.
    /// </summary>
    public static bool TryRead([NotNullWhen(true)] string? text, out Guid id)
    {
        id = default;
        return text is not null && text.All(c => c == '-' || char.IsAsciiHexDigit(c))
            && Guid.TryParseExact(text, "D", out id);
    }
}
