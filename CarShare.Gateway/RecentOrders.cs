using System.Globalization;

namespace CarShare.Gateway;

/// <summary>
/// What counters grew by in each minute of the last half hour. Each process counts from its own start, so that what it
/// had counted when it was first met belongs to no minute.
/// </summary>
sealed class RecentOrders(TimeProvider clock)
{
    /// <summary>Before the bound of a bucket, among the names of counts.</summary>
    public const string DispatchedWithin = "dispatched within ";

    public const int Minutes = 30;

    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    readonly Lock _lock = new();
    readonly Dictionary<string, (IReadOnlyDictionary<string, double> Counts, DateTimeOffset At)> _met = [];
    readonly Dictionary<DateTimeOffset, Dictionary<string, double>> _grown = [];

    public void Add(string instance, IReadOnlyDictionary<string, double> counts)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            if (_met.TryGetValue(instance, out var before))
                foreach (var (name, count) in counts) Grow(now, name, count, before.Counts.GetValueOrDefault(name));
            _met[instance] = (counts, now);
            foreach (var (gone, _) in _met.Where(one => one.Value.At < now - Minutes * Minute)) _met.Remove(gone);
            foreach (var (old, _) in _grown.Where(one => one.Key <= Floor(now) - Minutes * Minute)) _grown.Remove(old);
        }
    }

    /// <summary>Every minute, the oldest first.</summary>
    public IReadOnlyList<OrdersOfMinute> PerMinute()
    {
        lock (_lock)
        {
            var last = Floor(clock.GetUtcNow());
            return [.. Enumerable.Range(1 - Minutes, Minutes).Select(i => last + i * Minute).Select(at =>
                new OrdersOfMinute(at, Of(at, "placed"), Of(at, "awaiting_payment"), Of(at, "rejected"),
                    Of(at, "cancelled"), Of(at, "returned")))];
        }

        long Of(DateTimeOffset at, string outcome) =>
            (long)(_grown.GetValueOrDefault(at)?.GetValueOrDefault(outcome) ?? 0);
    }

    /// <summary>How many were dispatched within each bound and not within the one before.</summary>
    public IReadOnlyList<Dispatches> UntilDispatch()
    {
        lock (_lock)
        {
            var bounds = _grown.Values.SelectMany(grown => grown)
                .Where(one => one.Key.StartsWith(DispatchedWithin, StringComparison.Ordinal))
                .GroupBy(one => one.Key, one => one.Value)
                .Select(one => (Bound: Bound(one.Key), Count: (long)one.Sum())).OrderBy(one => one.Bound).ToList();
            return [.. bounds.Select((one, i) => new Dispatches(
                double.IsFinite(one.Bound) ? one.Bound : null, one.Count - (i == 0 ? 0 : bounds[i - 1].Count)))];
        }
    }

    void Grow(DateTimeOffset now, string name, double count, double before)
    {
        // less than before: a process of the same name began anew
        var by = count < before ? count : count - before;
        if (!_grown.TryGetValue(Floor(now), out var minute)) _grown[Floor(now)] = minute = [];
        minute[name] = minute.GetValueOrDefault(name) + by;
    }

    static double Bound(string name) => double.TryParse(
        name[DispatchedWithin.Length..], CultureInfo.InvariantCulture, out var bound) ? bound : double.PositiveInfinity;

    static DateTimeOffset Floor(DateTimeOffset time) => new(time.UtcTicks / Minute.Ticks * Minute.Ticks, TimeSpan.Zero);
}

/// <summary>What became of orders in the minute that began then.</summary>
sealed record OrdersOfMinute(
    DateTimeOffset At, long Placed, long AwaitingPayment, long Rejected, long Cancelled, long Returned);

/// <param name="WithinSeconds">Null for whatever took longer than every bound.</param>
sealed record Dispatches(double? WithinSeconds, long Orders);
