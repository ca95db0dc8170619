using System.Diagnostics;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>Accepted orders of the whole system through its gateway, at the number of clients that suits it best.</summary>
sealed class SystemPart : IPart
{
    public const string Accepted = "accepted orders/s, closed loop", Finished = "finished orders/s, closed loop";

    const int MostWarmUps = 20;
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);

    public string Name => "system";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        await Warm(bench, ct);
        var best = new List<Round>();
        foreach (var clients in bench.Options.Clients)
        {
            var rounds = new List<Round>();
            for (var i = 0; i < bench.Options.Rounds; i++) rounds.Add(await bench.Orders(clients, bench.Options.Duration, ct));
            var rate = Workbench.Median(rounds.Select(r => r.PerSecond));
            bench.Add(Name, $"accepted orders/s, {clients} clients (p50 {rounds[^1].Latency.P50} ms, p99 {rounds[^1].Latency.P99} ms, {rounds.Sum(r => r.Shed)} shed, {rounds.Sum(r => r.Failed)} failed)", rate, "orders/s");
            if (best.Count == 0 || rate > Workbench.Median(best.Select(r => r.PerSecond))) best = rounds;
        }

        bench.Add(Name, Accepted, Workbench.Median(best.Select(r => r.PerSecond)), $"orders/s at {best[0].Clients} clients");
        bench.Add(Name, Finished, Workbench.Median(best.Select(r => r.FinishedPerSecond)), $"orders/s at {best[0].Clients} clients", atLeast: 300);
        bench.Add(Name, "failed answers", best.Sum(r => r.Failed), "", atMost: 0);
    }

    /// <summary>
    /// Lets the runtimes of the services optimise what runs often, which costs as much as the work itself in the first minutes: until it takes less than a fiftieth of the machine, twice in a row.
    /// </summary>
    public static async Task Warm(Workbench bench, CancellationToken ct)
    {
        for (var (quiet, rounds) = (0, 0); quiet < 2 && rounds < MostWarmUps && !bench.IsWarm; rounds++)
        {
            var (before, start) = (bench.Meters.Optimising(), Stopwatch.GetTimestamp());
            var round = await bench.Orders(32, WarmUp, ct);
            var spent = bench.Meters.Optimising().Sum(thread => thread.Value - before.GetValueOrDefault(thread.Key));
            var share = spent / Stopwatch.GetElapsedTime(start).TotalMilliseconds / Environment.ProcessorCount;
            Output.Say($"warming up: {round.PerSecond:0} orders/s, {share:0%} of the machine for optimising code");
            quiet = share < 0.02 ? quiet + 1 : 0;
        }

        bench.IsWarm = true;
    }
}
