using System.Globalization;
using System.Text;

namespace CarShare.ServiceDefaults;

/// <summary>
/// How text that people type becomes text that is stored and compared: Unicode's compatibility form (NFKC, UAX #15)
/// without what can't be seen (UAX #31 §5.2: format, bidi and filler characters), and without blanks around it.
/// Requests pass through here before anything else looks at them.
/// </summary>
public static class Text
{
    /// <summary>
    /// The text as it is stored and compared; null when it is no text: control characters, half characters.
    /// </summary>
    public static string? Clean(string text)
    {
        if (IsPlain(text)) return text.Trim();
        try
        {
            var once = Visible(text.Normalize(NormalizationForm.FormKC));
            var clean = once.Normalize(NormalizationForm.FormKC).Trim();
            return IsControlled(clean) ? null : clean;
        }
        catch (ArgumentException)
        {
            return null;   // halves of surrogate pairs, and what Unicode says is no character
        }
    }

    /// <summary>
    /// What two spellings of one identifier have in common, such as a plate's: upper case, without blanks and dashes.
    /// </summary>
    public static string Identifier(string text) =>
        string.Concat((Clean(text) ?? text).ToUpperInvariant().Where(c => !char.IsWhiteSpace(c) && !IsDash(c)));

    // Stores that compare by themselves leave out the same (the migrations named after plates).
    static bool IsDash(char c) => c is '-' or (>= '\u2010' and <= '\u2015') or '\u2212' or '_';

    /// <summary>
    /// Somebody else's text for a log line or an answer: short, on one line, and nothing in it that moves the cursor.
    /// </summary>
    public static string Shown(string text, int most = 100)
    {
        var cut = text.Length > most ? text[..most] : text;
        var shown = new StringBuilder(cut.Length);
        foreach (var rune in cut.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || IsInvisible(rune) || rune.Value is 0x2028 or 0x2029) shown.Append('?');
            else shown.Append(rune);
        }

        return text.Length > most ? shown.Append('…').ToString() : shown.ToString();
    }

    static bool IsPlain(string text)
    {
        foreach (var c in text)
            if (c is < ' ' or > '~') return false;
        return true;
    }

    static string Visible(string text)
    {
        var visible = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            if (!IsInvisible(rune)) visible.Append(rune);
        return visible.ToString();
    }

    static bool IsControlled(string text) => text.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029');

    /// <summary>
    /// Default_Ignorable_Code_Point of the Unicode Character Database, every format character, and the empty Braille
    /// pattern.
    /// </summary>
    static bool IsInvisible(Rune rune) =>
        Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format || rune.Value is
            0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or (>= 0x2060 and <= 0x206F)
                or 0x2800 or 0x3164
            or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0 or (>= 0xFFF0 and <= 0xFFF8) or (>= 0xE0000 and <= 0xE0FFF);
}
