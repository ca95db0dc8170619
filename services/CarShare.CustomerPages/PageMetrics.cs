using System.Diagnostics.Metrics;
using CarShare.CustomerPages.Data;
using CarShare.Messaging;
using CarShare.ServiceDefaults;

namespace CarShare.CustomerPages;

/// <summary>How far the page is behind what happened.</summary>
public sealed class PageMetrics(IMeterFactory meters, TimeProvider clock)
{
    readonly Histogram<double> _delay = meters.Create("CarShare.CustomerPages").CreateHistogram<double>(
        "carshare.page.delay", "s", "From the moment something happened until the customer's page shows it",
        advice: new() { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600] });

    internal void Shown(IEnumerable<ReceivedEvent> events)
    {
        var now = clock.GetUtcNow();
        foreach (var shown in events) _delay.Record(Math.Max(0, (now - shown.OccurredAt).TotalSeconds));
    }
}

/// <summary>Counts the dead letters this store keeps.</summary>
sealed class DeadLetterCount(PageLetters letters, MessagingMetrics metrics, Supervisor supervisor)
    : BackgroundService
{
    static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervisor.Every(Period, "The count of dead letters", async ct =>
            metrics.Waiting(0, TimeSpan.Zero, await letters.Count(ct)), stoppingToken);
}
