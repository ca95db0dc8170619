using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CarShare.ServiceDefaults.Hosting;

/// <summary>
/// Every check as a gauge: 1 while it is well, else 0. A probe turns requests away or restarts; this is what tells
/// people.
/// </summary>
sealed class HealthMetrics : IHealthCheckPublisher
{
    readonly ConcurrentDictionary<string, int> _well = [];

    public HealthMetrics(IMeterFactory meters) => meters.Create("CarShare.Health").CreateObservableGauge(
        "carshare.health.check.status", () => _well.Select(check => new Measurement<int>(
            check.Value, new KeyValuePair<string, object?>("carshare.health.check.name", check.Key))), "1",
        "1 while the check is well, else 0");

    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var (name, entry) in report.Entries) _well[name] = entry.Status == HealthStatus.Unhealthy ? 0 : 1;
        return Task.CompletedTask;
    }
}
