using System.Diagnostics;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>What an order costs, how many are accepted, how fast pages are read and backlogs worked off, and what memory all that takes: with about a thousand orders stored, and with as many as the option says.</summary>
sealed class GrowthPart : IPart
{
    const int Few = 1_000, Readers = 16;

    static readonly CpuPart Costs = new();
    static readonly BacklogPart Backlogs = new();

    public string Name => "growth";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        if (!bench.IsOwn)
        {
            Output.Say("growth needs a system of its own: it makes up orders");
            return;
        }

        await SystemPart.Warm(bench, ct);
        await Past.Make(bench, 0, Few, ct);
        var few = await Look(bench, ct);
        var start = Stopwatch.GetTimestamp();
        await Past.Make(bench, Few, bench.Options.Stored - Few, ct);
        Output.Say($"{bench.Options.Stored} past orders made in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
        // As warm as before the first look, and past the servers' own work on so many new rows, which no real month brings within minutes.
        bench.IsWarm = false;
        await SystemPart.Warm(bench, ct);
        var many = await Look(bench, ct);
        foreach (var (what, figure) in few)
        {
            bench.Add(Name, what, figure.Value, $"{figure.Unit} with few orders stored");
            bench.Add(Name, what, many[what].Value, $"{figure.Unit} with {bench.Options.Stored}");
        }

        bench.Add(Name, "accepted orders/s, of the rate before", many[CpuPart.Rate].Value / few[CpuPart.Rate].Value, "", atLeast: 0.9);
    }

    static async Task<Dictionary<string, Figure>> Look(Workbench bench, CancellationToken ct)
    {
        var before = bench.Figures.Count;
        await Costs.Measure(bench, ct);
        var (customer, order) = await bench.PlaceOne(ct);
        using var pages = new People(bench.System, bench.System.Service("customerpages"));
        var reads = await Reads.Measure(pages.Customer(customer.Name), $"/customerpages/{order.OrderId}", Readers, bench.Options.Duration, ct);
        bench.Add("pages", "pages read at customerpages", reads.Rate, "requests/s");
        await Backlogs.Measure(bench, ct);
        var figures = bench.Figures[before..];
        bench.Figures.RemoveRange(before, figures.Count);
        return figures.ToDictionary(figure => figure.What);
    }
}
