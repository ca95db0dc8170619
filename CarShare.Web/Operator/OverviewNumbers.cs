using System.Globalization;
using CarShare.Web.Api;
using CarShare.Web.Shared;

namespace CarShare.Web.Operator;

/// <summary>What the services measured, as the page draws it.</summary>
/// <param name="HalfWithin">The bound that half of the departures kept to.</param>
/// <param name="OldestUnsent">Of all services; null where none could be asked.</param>
public sealed record OverviewNumbers(
    long Accepted, string? HalfWithin, long? Lag, TimeSpan? OldestUnsent, long? DeadLetters,
    IReadOnlyList<Bar> PerMinute, IReadOnlyList<Bar> DispatchTimes, IReadOnlyList<Bar> Lags, IReadOnlyList<Bar> Letters)
{
    public const int Minutes = 30;

    /// <param name="read">The gateway's answer.</param>
    /// <param name="clock">How a minute is written.</param>
    public static OverviewNumbers Of(SystemOverview read, Func<DateTimeOffset, string> clock)
    {
        var (dispatched, services) = (read.UntilDispatch.Sum(one => one.Orders), read.Services);
        var passed = 0L;
        var half = dispatched == 0 ? null
            : read.UntilDispatch.First(one => (passed += one.Orders) * 2 >= dispatched);
        var isAny = services.Count > 0;
        return new(
            read.PerMinute.Sum(minute => minute.Placed),
            half is null ? null : Bound(half, read.UntilDispatch),
            isAny ? services.Sum(one => one.Lag) : null,
            isAny ? TimeSpan.FromSeconds(services.Max(one => one.OutboxAgeSeconds)) : null,
            isAny ? services.Sum(one => one.DeadLetters) : null,
            [.. read.PerMinute.Select(minute => new Bar(clock(minute.At), Count(minute.Placed),
                Count(minute.AwaitingPayment), Count(minute.Rejected + minute.Cancelled)))],
            [.. read.UntilDispatch.Select(one => new Bar(Bound(one, read.UntilDispatch), Count(one.Orders), 0, 0))],
            [.. services.Select(one => new Bar(one.Service, 0, Count(one.Lag), 0))],
            [.. services.Select(one => new Bar(one.Service, 0, 0, Count(one.DeadLetters)))]);
    }

    /// <summary>"≤5m", and ">24h" of what kept to no bound.</summary>
    static string Bound(Dispatches one, IReadOnlyList<Dispatches> all) =>
        one.WithinSeconds is { } bound ? $"≤{Short(bound)}" : $">{Short(all.Max(other => other.WithinSeconds) ?? 0)}";

    static string Short(double seconds)
    {
        var (number, unit) = seconds switch
        {
            < 60 => (seconds, 's'),
            < 3_600 => (seconds / 60, 'm'),
            _ => (seconds / 3_600, 'h'),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{number:0.#}{unit}");
    }

    static int Count(long many) => (int)Math.Min(many, int.MaxValue);
}
