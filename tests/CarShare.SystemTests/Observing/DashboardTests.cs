using System.Text.Json;
using Aspire.Hosting.Testing;
using CarShare.Tests;

namespace CarShare.SystemTests.Observing;

/// <summary>A real Prometheus beside a real system: every query of every dashboard has data.</summary>
[Collection("observed")]
public sealed class DashboardTests(ObservedSystem system) : IAsyncLifetime
{
    PrometheusServer? _prometheus;

    public async ValueTask InitializeAsync() => _prometheus = await system.StartPrometheus();

    public async ValueTask DisposeAsync()
    {
        if (_prometheus is not null) await _prometheus.DisposeAsync();
    }

    [Fact]
    public async Task Every_query_of_every_dashboard_has_data_after_the_demonstration()
    {
        var without = Directory.GetFiles(Path.Combine(ChildProcess.RepositoryRoot, "deploy/grafana"), "*.json")
            .SelectMany(Queries).ToList();
        Assert.NotEmpty(without);
        await using var demo = ChildProcess.Start(
            "bash", [Path.Combine(ChildProcess.RepositoryRoot, "carshare"), "demo"],
            new Dictionary<string, string>
            {
                ["CARSHARE_GATEWAY"] = system.App.GetEndpoint("gateway", "http").ToString().TrimEnd('/'),
                ["CARSHARE_AUTHORITY"] = system.Authority,
            });
        Assert.True(await demo.Ends(TimeSpan.FromMinutes(2)) == 0, demo.Output);
        await Eventually.Holds("every query has data", async () =>
        {
            without = [.. (await Task.WhenAll(without.Select(async q => (q, (await _prometheus!.Query(q)).Count))))
                .Where(q => q.Count == 0).Select(q => q.q)];
            return without.Count == 0;
        }).ContinueWith(
            done => Assert.True(done.IsCompletedSuccessfully, string.Join('\n', without)), TaskScheduler.Default);
    }

    static IEnumerable<string> Queries(string dashboard)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(dashboard));
        return [.. json.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target =>
                target.GetProperty("expr").GetString()!.Replace("$__rate_interval", "1m", StringComparison.Ordinal))];
    }
}
