using System.Globalization;
using CarShare.LoadTests.Running;
using Spectre.Console;

namespace CarShare.LoadTests.Load;

/// <summary>Looks every few seconds at what may not grow without end, and judges by what it falls back to.</summary>
sealed class Soak(RunningSystem system, Backlog backlog, Renters renters)
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    static readonly string[] Kept = ["outbox", "inbox"];

    readonly Meters _meters = new(system);
    readonly Dictionary<string, (double? Tolerance, List<double> Values)> _series = [];
    double _orders;

    public async Task Watch(Task run, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval);
        var before = renters.Placed;
        while (!run.IsCompleted && await timer.WaitForNextTickAsync(ct)) await Look(ct);
        _orders = renters.Placed - before;
    }

    public SoakResult Judge()
    {
        var rows = _series.Select(s => SoakRow.Judge(s.Key, s.Value.Values, s.Value.Tolerance, _orders)).ToList();
        return new(rows.All(r => r.IsSteady), rows);
    }

    async Task Look(CancellationToken ct)
    {
        foreach (var reading in _meters.Read())
        {
            // A collector lets memory swing by tens of MB; a leak of a hundred bytes per order would still show.
            Note($"{reading.Resource} memory MB", reading.MemoryMb, Meters.Servers.Contains(reading.Resource)
                ? null
                : 25);
            Note($"{reading.Resource} threads", reading.Threads, tolerance: 8);
            Note($"{reading.Resource} handles", reading.Handles, tolerance: 15);
        }

        foreach (var (name, unsent) in await backlog.Unsent(ct)) Note($"{name} unsent", unsent, tolerance: 100);
        foreach (var (name, unhandled) in await backlog.Unhandled(ct))
            Note($"{name} unhandled", unhandled, tolerance: 200);
        foreach (var name in Backlog.Databases)
        {
            await using var look = backlog.Database(name)
                .CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()");
            Note($"{name} connections", (long)(await look.ExecuteScalarAsync(ct))!, tolerance: 8);
            foreach (var table in Kept)
            {
                await using var size = backlog.Database(name)
                    .CreateCommand($"SELECT pg_total_relation_size('{table}') / 1048576.0");
                Note($"{name} {table} MB", (double)(decimal)(await size.ExecuteScalarAsync(ct))!, tolerance: null);
            }
        }
    }

    void Note(string what, double value, double? tolerance)
    {
        if (!_series.TryGetValue(what, out var series)) _series[what] = series = (tolerance, []);
        series.Values.Add(value);
    }

    public static void Show(SoakResult result)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in new[] { "", "first", "low of each quarter", "", "", "", "last", "most", "" })
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        foreach (var row in result.Rows)
            table.AddRow([Markup.Escape(row.What), .. new List<double>
            {
                row.First, row.Low[0], row.Low[1], row.Low[2], row.Low[3], row.Last, row.Most,
            }.Select(n => n.ToString("0.#", CultureInfo.InvariantCulture)), row.Verdict]);
        Tables.Print(table);
        Console.WriteLine(
            result.IsSteady ? "nothing grows without end" : "something keeps growing: see the rows marked GROWS");
    }
}

sealed record SoakResult(bool IsSteady, IReadOnlyList<SoakRow> Rows);

/// <param name="Low">Of each quarter of the run, what a tenth of its looks lie below: a single look may miss processes
/// that come or go.</param>
sealed record SoakRow(
    string What, double First, IReadOnlyList<double> Low, double Last, double Most, bool IsSteady, string Verdict)
{
    const int Quarters = 4;
    const double Share = 0.1;

    /// <summary>
    /// What leaks never comes back: the lows rise from part to part, by more than noise in all. A pool that opened in a
    /// jam, a table before its vacuum and a heap before its collection fall back instead. Judged are the last three
    /// quarters, for a leak as slow as they let it show (in the first one everything warms up), and the last four
    /// eighths, for one that begins by the middle of the run. What begins later takes a longer run to tell from a jam.
    /// </summary>
    /// <param name="tolerance">Growth, in half the run, that is noise; null for what holds the orders' data, which is
    /// kept for months by design.</param>
    public static SoakRow Judge(string what, IReadOnlyList<double> values, double? tolerance, double orders)
    {
        var low = Lows(values, Quarters);
        var grows = tolerance is { } noise
            && (Rises(low[1..], noise) || Rises(Lows(values, 2 * Quarters)[Quarters..], noise));
        var verdict = tolerance is null
            ? $"{Math.Round((values[^1] - values[0]) * 1048576 / Math.Max(1, orders))} bytes/order: it holds the data"
            : grows
            ? "GROWS"
            : "steady";
        return new(what, values[0], low, values[^1], values.Max(), !grows, verdict);
    }

    static List<double> Lows(IReadOnlyList<double> values, int parts) =>
        [.. Enumerable.Range(0, parts).Select(part => values.Skip(values.Count * part / parts)
            .Take(Math.Max(1, values.Count / parts)).Order().ToList()).Select(looks => looks[looks.Count / 10])];

    static bool Rises(List<double> lows, double noise) => lows.Zip(lows.Skip(1)).All(pair => pair.Second > pair.First)
        && lows[^1] - lows[0] > Math.Max(noise, lows[0] * Share);
}
