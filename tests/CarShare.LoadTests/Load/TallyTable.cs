using System.Globalization;
using Spectre.Console;

namespace CarShare.LoadTests.Load;

static class TallyTable
{
    public static void Show(IEnumerable<TallyRow> rows)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in new[] { "operation", "answer", "count", "/s", "p50 ms", "p95", "p99", "max" })
            table.AddColumn(new TableColumn(column)
            {
                NoWrap = true,
                Alignment = column is "operation" or "answer" ? Justify.Left : Justify.Right,
            });
        foreach (var row in rows)
            table.AddRow([row.Operation, Markup.Escape(row.Answer), .. Numbers(row).Select(
                n => n.ToString("0.##", CultureInfo.InvariantCulture))]);
        Tables.Print(table);
    }

    static IEnumerable<double> Numbers(TallyRow row) =>
        [row.Latency.Count, row.PerSecond, row.Latency.P50, row.Latency.P95, row.Latency.P99, row.Latency.Max];
}
