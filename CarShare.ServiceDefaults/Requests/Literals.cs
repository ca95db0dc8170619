using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CarShare.ServiceDefaults.Requests;

/// <summary>
/// The one way in which a value is written in a request, wherever it stands (path, query, body): ids in their exact
/// form, enum values by their exact names, whole numbers however JSON may write them (3, 3.0, 3e0), never rounded.
/// </summary>
static partial class Literals
{
    const string Whole = "must be a whole number";

    static readonly string[] Instants =
        ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:sszzz",
            "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    /// <summary>True for the types a path, query or header can hold.</summary>
    public static bool Include(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsEnum || type == typeof(string) || type == typeof(Guid) || type == typeof(bool)
            || type == typeof(DateTimeOffset) || IsNumber(type);
    }

    public static bool IsNumber(Type type) => type == typeof(int) || type == typeof(long) || type == typeof(decimal);

    /// <summary>Reads a text as a value of this type.</summary>
    /// <param name="type">One that <see cref="Include"/> knows, not nullable.</param>
    /// <param name="text">As the caller wrote it.</param>
    /// <param name="canonical">The same value as everything behind this point reads it.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? Read(Type type, string text, out string canonical)
    {
        canonical = text;
        if (type == typeof(string))
            return (canonical = Text.Clean(text)!) is null ? "must be text without control characters" : null;
        if (type == typeof(Guid))
        {
            if (!Ids.TryRead(text, out var id)) return Ids.Form;
            canonical = id.ToString();
            return null;
        }

        if (type == typeof(bool)) return text is "true" or "false" ? null : "must be true or false";
        if (type.IsEnum)
            return Enum.GetNames(type).Contains(text, StringComparer.Ordinal)
                ? null
                : $"must be one of {string.Join(", ", Enum.GetNames(type))}";
        if (IsNumber(type)) return ReadWhole(type, text, out canonical);
        return Instant().IsMatch(text) && DateTimeOffset.TryParseExact(
            text, Instants, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _)
            ? null
            : "must be a time such as 2026-01-31T09:30:00Z";
    }

    static string? ReadWhole(Type type, string text, out string canonical)
    {
        canonical = text;
        if (!TryWhole(text, out var digits)) return Whole;
        canonical = digits;
        var fits = type == typeof(int) ? int.TryParse(digits, CultureInfo.InvariantCulture, out _)
            : type == typeof(long) ? long.TryParse(digits, CultureInfo.InvariantCulture, out _)
            : digits.Length <= 28;
        return fits ? null : "is too large";
    }

    /// <summary>
    /// The digits of a number of JSON's grammar (RFC 8259 §6) that has no fraction once its exponent is counted in.
    /// </summary>
    internal static bool TryWhole(string text, out string digits)
    {
        digits = "";
        var at = text.StartsWith('-') ? 1 : 0;
        var whole = Digits(text, ref at);
        var fraction = "";
        if (whole.Length == 0 || (whole.Length > 1 && whole[0] == '0')) return false;
        if (at < text.Length && text[at] == '.')
        {
            at++;
            fraction = Digits(text, ref at);
            if (fraction.Length == 0) return false;
        }

        var exponent = 0;
        if (at < text.Length && text[at] is 'e' or 'E')
        {
            at++;
            var sign = at < text.Length && text[at] is '+' or '-' ? text[at++] : '+';
            var power = Digits(text, ref at);
            // Nobody writes an amount with a thousand zeros; who does is not answered with a thousand zeros.
            if (power.Length is 0 or > 4) return false;
            exponent = int.Parse(power, CultureInfo.InvariantCulture) * (sign == '-' ? -1 : 1);
        }

        if (at != text.Length || text.Length > 400 || Math.Abs(exponent) > 400) return false;
        var all = new StringBuilder(whole).Append(fraction);
        var point = whole.Length + exponent;
        if (point < 0) all.Insert(0, new string('0', -point));
        if (point > all.Length) all.Append('0', point - all.Length);
        var (before, after) =
            (all.ToString(0, Math.Max(point, 0)), all.ToString(Math.Max(point, 0), all.Length - Math.Max(point, 0)));
        if (after.Any(digit => digit != '0')) return false;
        before = before.TrimStart('0');
        digits = before.Length == 0 ? "0" : text[0] == '-' ? $"-{before}" : before;
        return true;
    }

    /// <summary>
    /// RFC 3339's grammar: the framework also reads a fraction without digits, and an offset without some of its own.
    /// </summary>
    [GeneratedRegex(
        @"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?(Z|[+-][0-9]{2}:[0-9]{2})\z")]
    private static partial Regex Instant();

    static string Digits(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return text[start..at];
    }
}
