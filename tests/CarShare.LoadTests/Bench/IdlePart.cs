using CarShare.LoadTests.Load;

namespace CarShare.LoadTests.Bench;

/// <summary>What the system holds and uses while nobody asks for anything.</summary>
sealed class IdlePart : IPart
{
    // The runtime goes on compiling for a while after the start.
    static readonly TimeSpan Settling = TimeSpan.FromSeconds(20), Duration = TimeSpan.FromSeconds(10);

    public string Name => "idle";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        await bench.Backlog.Drained(TimeSpan.FromMinutes(5), ct);
        await Task.Delay(Settling, ct);
        var before = bench.Meters.Read();
        await Task.Delay(Duration, ct);
        var after = bench.Meters.Read();
        foreach (var reading in after)
            bench.Add(Name, reading.Resource, (reading.CpuMilliseconds - before.First(b =>
                b.Resource == reading.Resource).CpuMilliseconds) / Duration.TotalSeconds, "CPU-ms/s");
        foreach (var reading in after) bench.Add(Name, reading.Resource, reading.MemoryMb, "MB");
        bench.Add(Name, "gateway and services together", after.Where(r => Meters.Own.Contains(r.Resource))
            .Sum(r => r.MemoryMb), "MB", atMost: 1_200);
    }
}
