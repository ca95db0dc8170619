using CarShare.LoadTests.Load;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// Accepted orders of the whole system through its gateway, at the number of clients that suits it best.
/// </summary>
sealed class SystemPart : IPart
{
    public const string Accepted = "accepted orders/s, closed loop", Finished = "finished orders/s, closed loop";

    public string Name => "system";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        await Warm(bench, ct);
        var best = new List<Round>();
        foreach (var clients in bench.Options.Clients)
        {
            var rounds = new List<Round>();
            for (var i = 0; i < bench.Options.Rounds; i++)
                rounds.Add(await bench.Orders(clients, bench.Options.Duration, ct));
            var rate = Workbench.Median(rounds.Select(r => r.PerSecond));
            bench.Add(
                Name,
                $"accepted orders/s, {clients} clients (p50 {rounds[^1].Latency.P50} ms, p99 {rounds[^1].Latency.P99} "
                + $"ms, {rounds.Sum(r => r.Shed)} shed, {rounds.Sum(r => r.Failed)} failed)",
                rate, "orders/s");
            if (best.Count == 0 || rate > Workbench.Median(best.Select(r => r.PerSecond))) best = rounds;
        }

        bench.Add(
            Name, Accepted, Workbench.Median(best.Select(r => r.PerSecond)), $"orders/s at {best[0].Clients} clients");
        bench.Add(Name, Finished, Workbench.Median(best.Select(r => r.FinishedPerSecond)),
            $"orders/s at {best[0].Clients} clients", atLeast: 300);
        bench.Add(Name, "failed answers", best.Sum(r => r.Failed), "", atMost: 0);
    }

    public static async Task Warm(Workbench bench, CancellationToken ct)
    {
        if (!bench.IsWarm) await WarmUp.Run(bench.Meters, await bench.Fleet(1, ct), ct);
        bench.IsWarm = true;
        await bench.Backlog.Drained(TimeSpan.FromMinutes(5), ct);
    }
}
