namespace CarShare.LoadTests.Load;

/// <summary>Durations in buckets about one percent wide: fixed memory, however long a run is.</summary>
sealed class Latencies
{
    const double Width = 1.01;
    const double LeastMilliseconds = 0.01;

    readonly long[] _buckets = new long[2_000];
    long _count, _total, _longest;

    public long Count => Volatile.Read(ref _count);

    public double Longest => TimeSpan.FromTicks(Volatile.Read(ref _longest)).TotalMilliseconds;

    public double Mean => Count == 0 ? 0 : TimeSpan.FromTicks(Volatile.Read(ref _total) / Count).TotalMilliseconds;

    public void Add(TimeSpan duration)
    {
        var bucket = (int)Math.Ceiling(
            Math.Log(Math.Max(duration.TotalMilliseconds, LeastMilliseconds) / LeastMilliseconds) / Math.Log(Width));
        Interlocked.Increment(ref _buckets[Math.Min(bucket, _buckets.Length - 1)]);
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _total, duration.Ticks);
        for (var seen = Volatile.Read(ref _longest); duration.Ticks > seen; seen = Volatile.Read(ref _longest))
        {
            if (Interlocked.CompareExchange(ref _longest, duration.Ticks, seen) == seen) break;
        }
    }

    /// <summary>Milliseconds that the given share of all durations does not exceed; 0 without any.</summary>
    public double Percentile(double share)
    {
        var rest = (long)Math.Ceiling(Count * share);
        if (rest == 0) return 0;
        for (var i = 0; i < _buckets.Length; i++)
        {
            rest -= Volatile.Read(ref _buckets[i]);
            if (rest <= 0) return Math.Min(LeastMilliseconds * Math.Pow(Width, i), Longest);
        }

        return Longest;
    }

    public LatencySummary Summary() => new(
        Count, Round(Mean), Round(Percentile(0.5)), Round(Percentile(0.95)), Round(Percentile(0.99)), Round(Longest));

    static double Round(double value) => Math.Round(value, value < 10 ? 2 : 0);
}

/// <summary>In milliseconds.</summary>
sealed record LatencySummary(long Count, double Mean, double P50, double P95, double P99, double Max);
