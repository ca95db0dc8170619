using System.Globalization;
using CarShare.LoadTests.Running;
using Spectre.Console;

namespace CarShare.LoadTests.Load;

/// <summary>Looks every few seconds at what may not grow without end, and judges the second half of the run.</summary>
sealed class Soak(RunningSystem system, Backlog backlog, Renters renters)
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    static readonly string[] Kept = ["outbox", "inbox"];

    readonly Meters _meters = new(system);
    readonly Dictionary<string, Series> _series = [];
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
        var rows = _series.Select(s => s.Value.Judge(s.Key, _orders)).ToList();
        return new(rows.All(r => r.IsSteady), rows);
    }

    async Task Look(CancellationToken ct)
    {
        foreach (var reading in _meters.Read())
        {
            // A collector lets memory swing by tens of MB; a leak of a hundred bytes per order would still show.
            Note($"{reading.Resource} memory MB", reading.MemoryMb, Meters.Servers.Contains(reading.Resource) ? null : 25);
            Note($"{reading.Resource} threads", reading.Threads, tolerance: 8);
            Note($"{reading.Resource} handles", reading.Handles, tolerance: 15);
        }

        foreach (var (name, unsent) in await backlog.Unsent(ct)) Note($"{name} unsent", unsent, tolerance: 100);
        foreach (var (name, unhandled) in await backlog.Unhandled(ct)) Note($"{name} unhandled", unhandled, tolerance: 200);
        foreach (var name in Backlog.Databases)
        {
            await using var look = backlog.Database(name).CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()");
            Note($"{name} connections", (long)(await look.ExecuteScalarAsync(ct))!, tolerance: 8);
            foreach (var table in Kept)
            {
                await using var size = backlog.Database(name).CreateCommand($"SELECT pg_total_relation_size('{table}') / 1048576.0");
                Note($"{name} {table} MB", (double)(decimal)(await size.ExecuteScalarAsync(ct))!, tolerance: null);
            }
        }
    }

    void Note(string what, double value, double? tolerance)
    {
        if (!_series.TryGetValue(what, out var series)) _series[what] = series = new(tolerance);
        series.Values.Add(value);
    }

    public static void Show(SoakResult result)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in new[] { "", "first", "half", "last", "most", "growth in the 2nd half", "" }) table.AddColumn(new TableColumn(column) { NoWrap = true });
        foreach (var row in result.Rows) table.AddRow([Markup.Escape(row.What), .. new[] { row.First, row.Half, row.Last, row.Most, row.Growth }.Select(n => n.ToString("0.#", CultureInfo.InvariantCulture)), row.Verdict]);
        Tables.Print(table);
        Console.WriteLine(result.IsSteady ? "nothing grows without end" : "something keeps growing: see the rows marked GROWS");
    }

    /// <param name="tolerance">Growth that is noise; null for what holds the orders' data, which is kept for months by design.</param>
    sealed class Series(double? tolerance)
    {
        const double Share = 0.1;

        public List<double> Values { get; } = [];

        public SoakRow Judge(string what, double orders)
        {
            var half = Values[(Values.Count / 2)..];
            var growth = Slope(half) * half.Count;
            var isSteady = tolerance is not { } noise || growth <= Math.Max(noise, half.Average() * Share);
            var verdict = tolerance is null ? $"{Math.Round((Values[^1] - Values[0]) * 1048576 / Math.Max(1, orders))} bytes/order: it holds the data" : isSteady ? "steady" : "GROWS";
            return new(what, Values[0], Values[Values.Count / 2], Values[^1], Values.Max(), Math.Round(growth, 2), isSteady, verdict);
        }

        /// <summary>Least squares, per sample.</summary>
        static double Slope(List<double> values)
        {
            var (x, y) = ((values.Count - 1) / 2.0, values.Average());
            var spread = values.Select((_, i) => (i - x) * (i - x)).Sum();
            return spread == 0 ? 0 : values.Select((value, i) => (i - x) * (value - y)).Sum() / spread;
        }
    }
}

sealed record SoakResult(bool IsSteady, IReadOnlyList<SoakRow> Rows);

sealed record SoakRow(string What, double First, double Half, double Last, double Most, double Growth, bool IsSteady, string Verdict);
