namespace CarShare.Contracts;

/// <summary>
/// Why something was not done, in the terms of no protocol; each inbound adapter has one translation.
/// </summary>
public enum RefusalKind
{
    /// <summary>What was asked for makes no sense.</summary>
    Invalid,

    /// <summary>Nobody knows who asks.</summary>
    Unauthenticated,

    /// <summary>It is not for whoever asks.</summary>
    Forbidden,

    /// <summary>There is no such thing, or not for whoever asks.</summary>
    NotFound,

    /// <summary>There is not enough money.</summary>
    Declined,

    /// <summary>A rule forbids it as things stand.</summary>
    Conflict,

    /// <summary>It was changed since whoever asks has read it.</summary>
    Stale,

    /// <summary>It is understood and can never be done.</summary>
    Impossible,

    /// <summary>Too often or too much; later it may be done.</summary>
    TooMany,

    /// <summary>Nobody can tell at the moment; the same may be asked again.</summary>
    Unavailable,
}

/// <summary>A rule that was broken, or a reason of another kind.</summary>
/// <param name="Kind">What it means for whoever asked.</param>
/// <param name="Code">Part of the published language: <c>urn:carshare:problem:&lt;code&gt;</c>.</param>
/// <param name="Sentence">For people.</param>
public sealed record Refusal(RefusalKind Kind, string Code, string Sentence)
{
    /// <summary>What is wrong with the parts of the request, by the names the caller used.</summary>
    public IReadOnlyList<(string Field, string Message)> Errors { get; init; } = [];

    /// <summary>When it makes sense to ask again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The trace in which it was decided, where it is repeated later.</summary>
    public string? TraceId { get; init; }

    /// <summary><c>validation</c>: one message or more for each part that is refused.</summary>
    public static Refusal Invalid(params IReadOnlyList<(string Field, string Message)> errors) =>
        new(RefusalKind.Invalid, "validation", "The request is not valid.") { Errors = errors };

    /// <summary><c>not-found</c>.</summary>
    public static Refusal NotFound(string sentence) => new(RefusalKind.NotFound, "not-found", sentence);

    /// <summary>A code says which rule was broken, such as <c>out-of-stock</c>.</summary>
    public static Refusal Conflict(string code, string sentence) => new(RefusalKind.Conflict, code, sentence);

    /// <summary>Asked again shortly it may go well.</summary>
    public static Refusal Unavailable(string code, string sentence) => new(RefusalKind.Unavailable, code, sentence);
}

/// <summary>What a use case or a rule of a domain answers: a value, or the reason why not.</summary>
public readonly record struct Verdict<T>
{
    readonly T? _value;

    Verdict(T? value, Refusal? refusal) => (_value, Refusal) = (value, refusal);

    public Refusal? Refusal { get; }

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">It was refused.</exception>
    public T Value => Refusal is null ? _value! : throw new InvalidOperationException(Refusal.Sentence);

    public static implicit operator Verdict<T>(T value) => new(value, null);

    public static implicit operator Verdict<T>(Refusal refusal) => new(default, refusal);
}

/// <summary>
/// Verdicts on actions whose value is whether they changed anything: false for what was done already.
/// </summary>
public static class Verdicts
{
    public static bool Changed(this Verdict<bool> verdict) => verdict.Refusal is null && verdict.Value;
}
