using CarShare.Web.Api;
using CarShare.Web.Shared;

namespace CarShare.Web.Operator;

/// <summary>What the last half hour's orders say, counted from their own histories.</summary>
public sealed record OverviewNumbers(
    int Total, int Open, TimeSpan? MedianToDispatch, IReadOnlyList<Bar> PerMinute, IReadOnlyList<Bar> DispatchTimes,
        bool IsCut)
{
    public const int Minutes = 30;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(Minutes);

    static readonly (string Name, double Seconds)[] Buckets =
        [("≤1s", 1), ("≤5s", 5), ("≤30s", 30), ("≤1m", 60), ("≤5m", 300), ("≤15m", 900),
            (">15m", double.PositiveInfinity)];

    /// <param name="orders">The orders of the window, or the newest of them.</param>
    /// <param name="now">The end of the window.</param>
    /// <param name="isCut">There were more.</param>
    /// <param name="clock">How a minute is written.</param>
    public static OverviewNumbers Of(IReadOnlyList<Order> orders, DateTimeOffset now, bool isCut, Func<DateTimeOffset,
        string> clock)
    {
        var known = orders.Select(order => (Order: order, Taken: Taken(order))).Where(o => o.Taken > now - Window)
            .ToList();
        var waits = known.Select(o => At(o.Order, "Dispatched") - (At(o.Order, "Placed") ?? o.Taken))
            .OfType<TimeSpan>().Where(wait => wait >= TimeSpan.Zero).Order().ToList();
        return new(
            known.Count, known.Count(o => o.Order.Status is not ("Returned" or "Cancelled" or "Rejected")),
            waits.Count == 0 ? null : waits[waits.Count / 2],
            [.. Enumerable.Range(0, Minutes).Select(minute => PerMinuteBar(minute))],
            [.. Buckets.Select((bucket, i) => new Bar(
                bucket.Name,
                waits.Count(w => w.TotalSeconds <= bucket.Seconds
                    && (i == 0 || w.TotalSeconds > Buckets[i - 1].Seconds)), 0, 0))],
            isCut);

        Bar PerMinuteBar(int minute)
        {
            var from = now - Window + TimeSpan.FromMinutes(minute);
            var those = known.Where(o => o.Taken > from && o.Taken <= from + TimeSpan.FromMinutes(1)).Select(o =>
                o.Order.Status).ToList();
            var lost = those.Count(status => status is "Rejected" or "Cancelled");
            var waiting = those.Count(status => status is "Pending" or "AwaitingPayment");
            return new(clock(from), those.Count - lost - waiting, waiting, lost);
        }
    }

    static DateTimeOffset Taken(Order order) => order.History is { Count: > 0 } steps ? steps.Min(step => step.At)
        : default;

    static DateTimeOffset? At(Order order, string status) =>
        order.History?.FirstOrDefault(step => step.Status == status)?.At;
}
