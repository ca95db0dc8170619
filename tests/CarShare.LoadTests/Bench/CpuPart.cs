using CarShare.LoadTests.Load;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// CPU time per accepted order of each process, from the first request until everything that follows from the last is
/// done, and the memory afterwards.
/// </summary>
sealed class CpuPart : IPart
{
    public const string Rate = "(orders/s while measuring)";

    public string Name => "cpu";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        await SystemPart.Warm(bench, ct);
        var samples = new Dictionary<string, List<double>>();
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            // New cars are no part of an order's cost.
            await bench.Fleet(bench.Options.MostOrdersPerSecond * (int)bench.Options.Duration.TotalSeconds, ct);
            await bench.Backlog.Drained(TimeSpan.FromMinutes(5), ct);
            var (before, own) = (bench.Meters.Read(), Meters.OwnCpu());
            var round = await bench.Orders(bench.Options.Clients[0], bench.Options.Duration, ct);
            var after = bench.Meters.Read();
            foreach (var reading in after)
                Note(reading.Resource, reading.CpuMilliseconds
                    - (before.FirstOrDefault(b => b.Resource == reading.Resource)?.CpuMilliseconds ?? 0), round);
            Note("all of them", after.Sum(r => r.CpuMilliseconds) - before.Sum(r => r.CpuMilliseconds), round);
            Note("(the load generator)", Meters.OwnCpu() - own, round);
            Note(Rate, round.PerSecond * round.Accepted, round);
        }

        foreach (var (resource, values) in samples.OrderByDescending(s => s.Value.Average()))
            bench.Add(Name, resource, Workbench.Median(values), resource.Contains('/') ? "orders/s" : "CPU-ms/order");
        foreach (var reading in bench.Meters.Read().OrderByDescending(r => r.MemoryMb))
            bench.Add(Name, $"{reading.Resource} after the load", reading.MemoryMb, "MB");

        void Note(string what, double value, Round round)
        {
            if (!samples.TryGetValue(what, out var list)) samples[what] = list = [];
            list.Add(value / round.Accepted);
        }
    }
}
