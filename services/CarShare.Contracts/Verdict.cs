namespace CarShare.Contracts;

/// <summary>
/// Why something was not done, in the terms of no protocol; each inbound adapter has one translation.
/// </summary>
public enum RefusalKind
{
    /// <summary>What was asked for makes no sense.</summary>
    Invalid,

    /// <summary>There is no such thing, or not for whoever asks.</summary>
    NotFound,

    /// <summary>There is not enough money.</summary>
    Declined,

    /// <summary>A rule forbids it as things stand.</summary>
    Conflict,

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
    /// <summary>When it makes sense to ask again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The trace in which it was decided, where it is repeated later.</summary>
    public string? TraceId { get; init; }
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
