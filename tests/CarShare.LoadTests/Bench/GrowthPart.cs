using System.Diagnostics;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// What an order costs, how many are accepted, how fast pages are read and backlogs worked off, and what memory all
/// that takes: in a system with about a thousand orders stored, and in one with as many as the option says. They take
/// turns, each held still while the other works; in one system that gets the orders in between, the hour of the day
/// would count more than they.
/// </summary>
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

        await using var system = await OwnSystem.Start(OwnSystem.ByOperators, ct);
        using var people = new People(system);
        await using var backlog = new Backlog(system);
        var oneRound = bench.Options with { Rounds = 1 };
        var few = new Side(new(bench.System, bench.People, bench.Backlog, oneRound), Few, system);
        var many = new Side(new(system, people, backlog, oneRound), bench.Options.Stored, bench.System);
        foreach (var side in new[] { few, many }) await Prepare(side, ct);
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            foreach (var side in new[] { few, many }) await Look(side, ct);
        }

        foreach (var (part, what, unit) in few.Looks[0].Select(figure => (figure.Part, figure.What, figure.Unit)))
        {
            foreach (var side in new[] { few, many })
                bench.Add(Name, $"{part}: {what}", side.Median(what), $"{unit} with {side.Stored} stored");
        }

        bench.Add(Name, "accepted orders/s, of the rate with few", many.Median(CpuPart.Rate)
            / few.Median(CpuPart.Rate), "", atLeast: 0.9);
    }

    static async Task Prepare(Side side, CancellationToken ct)
    {
        using var other = new Frozen(side.Other);
        var start = Stopwatch.GetTimestamp();
        await Past.Make(side.Bench, side.Stored, ct);
        Output.Say($"{side.Stored} past orders made in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
        await SystemPart.Warm(side.Bench, ct);
    }

    static async Task Look(Side side, CancellationToken ct)
    {
        using var other = new Frozen(side.Other);
        var bench = side.Bench;
        await bench.Recovered(ct);
        bench.Figures.Clear();
        await Costs.Measure(bench, ct);
        var (customer, order) = await bench.PlaceOne(ct);
        using var pages = new People(bench.System, bench.System.Service("customerpages"));
        var reads = await Reads.Measure(
            pages.Customer(customer.Name), $"/customerpages/{order.OrderId}", Readers, bench.Options.Duration, ct);
        bench.Add("pages", "read at customerpages", reads.Rate, "requests/s");
        await Backlogs.Measure(bench, ct);
        side.Looks.Add([.. bench.Figures]);
    }

    /// <param name="Other">The system that is held still meanwhile.</param>
    sealed record Side(Workbench Bench, int Stored, RunningSystem Other)
    {
        public List<List<Figure>> Looks { get; } = [];

        public double Median(string what) => Workbench.Median(
            Looks.SelectMany(look => look.Where(figure => figure.What == what)).Select(figure => figure.Value));
    }
}
