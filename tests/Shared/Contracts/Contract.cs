namespace CarShare.Tests.Contracts;

/// <summary>
/// What others may rely on, flat: <see cref="Promises"/> says what is there and of which kind,
/// <see cref="Obligations"/> what the other side must send. Contracts only grow: a promise stays as it is, and nobody
/// who kept every obligation so far gets a new one.
/// </summary>
public sealed record Contract(SortedDictionary<string, string> Promises, SortedSet<string> Obligations)
{
    public Contract() : this(new(StringComparer.Ordinal), new(StringComparer.Ordinal))
    {
    }

    /// <summary>
    /// One sentence for each way in which this contract breaks the accepted one; empty if it only grew.
    /// </summary>
    public IReadOnlyList<string> Breaks(Contract accepted) =>
    [
        .. accepted.Promises.Where(p => !Promises.ContainsKey(p.Key)).Select(p => $"'{p.Key}' ({p.Value}) is gone"),
        .. accepted.Promises.Where(p => Promises.TryGetValue(p.Key, out var kind) && kind != p.Value)
            .Select(p => $"'{p.Key}' was {p.Value} and is {Promises[p.Key]}"),
        .. Obligations.Where(o => !accepted.Obligations.Contains(o) && IsAboutSomethingOld(o, accepted))
            .Select(o => $"'{o}' is newly required"),
    ];

    /// <summary>
    /// An obligation reads "&lt;owner&gt; requires &lt;what&gt;"; an owner nobody knew yet may ask for what it likes.
    /// </summary>
    static bool IsAboutSomethingOld(string obligation, Contract accepted)
    {
        var owner = obligation[..obligation.IndexOf(" requires ", StringComparison.Ordinal)];
        return accepted.Promises.ContainsKey(owner);
    }
}
