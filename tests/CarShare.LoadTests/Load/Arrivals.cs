using System.Diagnostics;

namespace CarShare.LoadTests.Load;

/// <summary>
/// Requests at a fixed rate whatever the system does (open loop): each is due at a time of the schedule and its latency
/// counts from that time, so that a system that stops answering can't slow its own questioners down (no coordinated
/// omission).
/// </summary>
static class Arrivals
{
    /// <summary>More than this under way at once are held back here, which their latency shows too.</summary>
    const int MostUnderWay = 4_000;

    /// <param name="rate">Requests per second, evenly spaced.</param>
    /// <param name="duration">How long they go on arriving.</param>
    /// <param name="request">Gets the timestamp at which it was due.</param>
    /// <param name="progress">Told the number of seconds gone.</param>
    /// <param name="ct">Ends the arrivals early.</param>
    public static async Task<ArrivalsResult> Run(
        double rate, TimeSpan duration, Func<long, Task> request, Action<double> progress, CancellationToken ct)
    {
        var start = Stopwatch.GetTimestamp();
        var total = (long)(rate * duration.TotalSeconds);
        var (underWay, most, heldBack, latest) = (0, 0, 0L, 0.0);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1));
        for (var sent = 0L; sent < total && await timer.WaitForNextTickAsync(ct);)
        {
            var gone = Stopwatch.GetElapsedTime(start).TotalSeconds;
            progress(gone);
            for (var due = Math.Min(total, (long)(gone * rate) + 1); sent < due; sent++)
            {
                var scheduled = start + (long)(sent / rate * Stopwatch.Frequency);
                if (Volatile.Read(ref underWay) >= MostUnderWay)
                {
                    heldBack++;
                    break;
                }

                latest = Math.Max(latest, Stopwatch.GetElapsedTime(scheduled).TotalMilliseconds);
                most = Math.Max(most, Interlocked.Increment(ref underWay));
                _ = Task.Run(async () =>
                {
                    await request(scheduled);
                    Interlocked.Decrement(ref underWay);
                }, CancellationToken.None);
            }
        }

        while (Volatile.Read(ref underWay) > 0) await timer.WaitForNextTickAsync(CancellationToken.None);
        return new(total, Math.Round(total / rate, 1), most, heldBack, Math.Round(latest, 1));
    }
}

/// <param name="Requests">Sent.</param>
/// <param name="Seconds">Between the first and the last one's time.</param>
/// <param name="MostUnderWay">At once.</param>
/// <param name="HeldBack">How often the cap on requests under way was hit; 0 in a valid run.</param>
/// <param name="LatestStart">Milliseconds by which the generator itself was late at worst; part of the
/// latencies.</param>
sealed record ArrivalsResult(long Requests, double Seconds, int MostUnderWay, long HeldBack, double LatestStart);
