using System.Globalization;
using CarShare.Contracts;

namespace CarShare.ServiceDefaults;

/// <summary>Collects what is wrong with a request, all fields at once.</summary>
/// <example><code>if (new Validator().Range("quantity", quantity, 1, 20).Text("deliveryAddress", address, 1,
/// 200).Refusal is { } invalid) return invalid.ToProblem();</code></example>
public sealed class Validator
{
    readonly List<(string Field, string Message)> errors = [];

    /// <summary>What to answer, or null when everything is in order.</summary>
    public Refusal? Refusal => errors.Count == 0 ? null : Contracts.Refusal.Invalid(errors);

    /// <summary>A number within bounds, both included.</summary>
    public Validator Range(string field, decimal value, decimal min, decimal max) =>
        That(value >= min
            && value <= max, field, string.Create(CultureInfo.InvariantCulture, $"must be from {min} to {max}"));

    /// <summary>An amount in whole KRW within bounds, both included.</summary>
    public Validator Amount(string field, decimal value, decimal min, decimal max) =>
        That(value == decimal.Truncate(value), field, "must be a whole amount").Range(field, value, min, max);

    /// <summary>
    /// A text of <paramref name="min"/> to <paramref name="max"/> characters, not blank, without control characters or
    /// halves of surrogate pairs.
    /// </summary>
    public Validator Text(string field, string? value, int min, int max) =>
        value is null || CharactersOf(value) is var length && (length < min || length > max)
            || (min > 0 && string.IsNullOrWhiteSpace(value))
            ? That(false, field, string.Create(CultureInfo.InvariantCulture, $"must have {min} to {max} characters"))
            : That(IsCleanText(value), field, "must not contain control characters");

    /// <summary>
    /// A text that is compared as an identifier, such as a plate; what is left without blanks and dashes must be
    /// something.
    /// </summary>
    public Validator Identifier(string field, string? value, int max) => Text(field, value, 1, max)
        .That(ServiceDefaults.Text.Identifier(value ?? "").Length > 0, field, "must have letters or digits");

    /// <summary>As people, JSON Schema and PostgreSQL count them, not in halves.</summary>
    static int CharactersOf(string text) =>
        text.Length - text.Index().Count(c => c.Index > 0 && char.IsSurrogatePair(text[c.Index - 1], c.Item));

    /// <summary>An id that was really given.</summary>
    public Validator Id(string field, Guid value) => That(value != Guid.Empty, field, "must be an id");

    /// <summary>Any other rule.</summary>
    public Validator That(bool holds, string field, string message)
    {
        if (!holds) errors.Add((field, message));
        return this;
    }

    internal static bool IsCleanText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i])) return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
            i++;
        }
        return true;
    }
}
