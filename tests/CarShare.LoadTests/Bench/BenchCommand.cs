using System.Globalization;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;
using Spectre.Console;

namespace CarShare.LoadTests.Bench;

/// <summary>What the machine could do, what the system does, and what it costs.</summary>
sealed class BenchCommand : ICommand
{
    // In this order: the later ones leave rows behind.
    static readonly IPart[] Parts = [
        new IdlePart(), new LimitPart(), new SystemPart(), new TransitPart(), new RatioPart(), new CpuPart(),
        new GatewayPart(), new AuthenticationPart(), new PagesPart(), new BacklogPart(), new GrowthPart(),
        new BrowsePart(), new TelemetryPart(), new SizePart(), new CatchUpPart(),
    ];

    public string Name => "bench";

    public string Usage =>
        $"[--only {string.Join(',', Parts.Select(p => p.Name))}] [--rounds 3] [--seconds 8] [--clients 16,32,64] "
        + $"[--stored 1000000] [--json FILE]";

    public async Task<int> Run(Options options, CancellationToken ct)
    {
        var only = options.Text("only")?.Split(',');
        if (only?.FirstOrDefault(name => Parts.All(p => p.Name != name)) is { } unknown)
            throw new CannotRunException($"--only {unknown}: one of {string.Join(", ", Parts.Select(p => p.Name))}.");
        var settings = new BenchOptions(
            options.Number("rounds", 3, 1, 100), options.Seconds("seconds", 8),
            [.. (options.Text("clients") ?? "16,32,64").Split(',')
                .Select(text => int.TryParse(text, CultureInfo.InvariantCulture, out var clients) && clients > 0
                    ? clients
                    : throw new CannotRunException($"--clients {text}: numbers such as 16,32."))],
            options.Number("stored", 1_000_000));
        var json = options.Text("json");
        options.NoOthers();

        await using var system = await RunningSystem.FindOrStart(OwnSystem.ByOperators, ct);
        using var people = new People(system);
        await using var backlog = new Backlog(system);
        var bench = new Workbench(system, people, backlog, settings);
        foreach (var part in Parts.Where(p => only?.Contains(p.Name) ?? true))
        {
            Output.Say($"measuring {part.Name}");
            await part.Measure(bench, ct);
        }

        Show(bench.Figures);
        await Output.Write(json, bench.Figures, ct);
        return ExitCode.Of(bench.Figures.All(f => f.IsGood));
    }

    static void Show(IEnumerable<Figure> figures)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in new[] { "part", "figure", "measured", "", "target" })
            table.AddColumn(
                new TableColumn(column) { Alignment = column == "measured" ? Justify.Right : Justify.Left });
        foreach (var f in figures)
        {
            var target =
                f.AtLeast is { } least ? Invariant($"≥ {least}") : f.AtMost is { } most ? Invariant($"≤ {most}") : "";
            table.AddRow(f.Part, Markup.Escape(f.What), Invariant($"{f.Value:0.##}"), f.Unit, target.Length == 0
                ? ""
                : $"{target} {(f.IsGood ? "met" : "MISSED")}");
        }

        Tables.Print(table);
    }

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
