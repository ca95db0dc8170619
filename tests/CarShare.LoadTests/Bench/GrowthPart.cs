using System.Diagnostics;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>Accepted orders with about a thousand stored, and with as many as the option says.</summary>
sealed class GrowthPart : IPart
{
    const int Few = 1_000;

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
        var before = await Rate(bench, ct);
        var start = Stopwatch.GetTimestamp();
        await Past.Make(bench, Few, bench.Options.Stored - Few, ct);
        Output.Say($"{bench.Options.Stored} past orders made in {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s");
        // As warm as before the first rounds, and past the servers' own work on so many new rows, which no real month brings within minutes.
        bench.IsWarm = false;
        await SystemPart.Warm(bench, ct);
        var after = await Rate(bench, ct);
        bench.Add(Name, "accepted orders/s with few orders stored", before, "orders/s");
        bench.Add(Name, $"accepted orders/s with {bench.Options.Stored} stored", after, "orders/s");
        bench.Add(Name, "of the rate before", after / before, "", atLeast: 0.9);
    }

    static async Task<double> Rate(Workbench bench, CancellationToken ct)
    {
        var rates = new List<double>();
        for (var i = 0; i < bench.Options.Rounds; i++) rates.Add((await bench.Orders(bench.Options.Clients[0], bench.Options.Duration, ct)).PerSecond);
        return Workbench.Median(rates);
    }
}
