using System.Diagnostics;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>One GET, over and over.</summary>
static class Reads
{
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>Requests per second and the median latency in milliseconds; every answer must be 200.</summary>
    public static async Task<(double Rate, double P50)> Measure(
        Person reader, string route, int clients, TimeSpan duration, CancellationToken ct)
    {
        await ClosedLoop.Run(clients, WarmUp, Once(new Latencies()), ct);
        var latencies = new Latencies();
        var took = await ClosedLoop.Run(clients, duration, Once(latencies), ct);
        return (latencies.Count / took.TotalSeconds, latencies.Percentile(0.5));

        Func<long, Task> Once(Latencies measured) => async since =>
        {
            using var answer = await reader.Get(route, ct);
            if (!answer.IsSuccessStatusCode) throw new CannotRunException($"GET {route}: {(int)answer.StatusCode}");
            measured.Add(Stopwatch.GetElapsedTime(since));
        };
    }
}
