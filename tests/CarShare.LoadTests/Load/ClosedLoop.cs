using System.Diagnostics;

namespace CarShare.LoadTests.Load;

/// <summary>
/// So many clients, each with its next request as soon as the last one is answered: what a system can do at most.
/// </summary>
static class ClosedLoop
{
    public static async Task<TimeSpan> Run(
        int clients, TimeSpan duration, Func<long, Task> request, CancellationToken ct)
    {
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(start) < duration && !ct.IsCancellationRequested)
                await request(Stopwatch.GetTimestamp());
        }, ct)));
        ct.ThrowIfCancellationRequested();
        return Stopwatch.GetElapsedTime(start);
    }
}
