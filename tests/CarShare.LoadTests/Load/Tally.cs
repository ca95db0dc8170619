using System.Collections.Concurrent;

namespace CarShare.LoadTests.Load;

/// <summary>What became of a request.</summary>
enum Outcome
{
    /// <summary>The answer a well-formed request hopes for.</summary>
    Good,

    /// <summary>Taken down, to be paid a little later: 202.</summary>
    Deferred,

    /// <summary>Held off by name: 503 with Retry-After, or 429.</summary>
    Shed,

    /// <summary>Not good, and sent again with the same key: what became of it then is counted, too.</summary>
    Repeated,

    /// <summary>Anything else.</summary>
    Failed,
}

/// <summary>Counts answers and their latencies by operation and answer.</summary>
sealed class Tally
{
    readonly ConcurrentDictionary<(string Operation, string Answer), (Outcome Outcome, Latencies Latencies)> _rows =
        new();

    public void Note(string operation, string answer, Outcome outcome, TimeSpan latency) =>
        _rows.GetOrAdd((operation, answer), _ => (outcome, new())).Latencies.Add(latency);

    public long Count(Outcome outcome, string? operation = null) =>
        _rows.Where(r => r.Value.Outcome == outcome && (operation ?? r.Key.Operation) == r.Key.Operation)
            .Sum(r => r.Value.Latencies.Count);

    public IReadOnlyList<TallyRow> Rows(TimeSpan duration) =>
    [
        .. _rows.OrderBy(r => r.Key.Operation).ThenBy(r => r.Value.Outcome)
            .ThenBy(r => r.Key.Answer).Select(r => new TallyRow(
            r.Key.Operation, r.Key.Answer, r.Value.Outcome,
            Math.Round(r.Value.Latencies.Count / duration.TotalSeconds, 1), r.Value.Latencies.Summary())),
    ];
}

sealed record TallyRow(string Operation, string Answer, Outcome Outcome, double PerSecond, LatencySummary Latency);
