using System.Text.Json;
using Aspire.Hosting.Testing;
using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.SystemTests.Observing;

/// <summary>A real Prometheus beside a real system: every query of every dashboard has data.</summary>
[Collection("observed")]
public sealed class DashboardTests(ObservedSystem system) : IAsyncLifetime
{
    PrometheusServer? _prometheus;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(
            PrometheusServer.IsInstalled, "Prometheus is not installed (Debian: apt-get install prometheus).");
        _prometheus = new(CarShareSystem.Services.Append("gateway").ToDictionary(
            service => service,
            service => system.App.GetEndpoint(service, service == "gateway" ? "management" : "http")));
        await _prometheus.Start();
        foreach (var service in CarShareSystem.Services.Append("gateway"))
            await Eventually.Holds($"{service} is scraped", async () =>
                (await _prometheus.Query($"up{{job=\"{service}\"}} == 1")).Count == 1);
    }

    public async ValueTask DisposeAsync()
    {
        if (_prometheus is not null) await _prometheus.DisposeAsync();
    }

    [Fact]
    public async Task Every_query_of_every_dashboard_has_data_after_the_story_of_some_rentals()
    {
        var queries = Directory.GetFiles(Path.Combine(ChildProcess.RepositoryRoot, "deploy/grafana"), "*.json")
            .SelectMany(Queries).ToList();
        Assert.NotEmpty(queries);
        using var end = new CancellationTokenSource();
        var story = Story(end.Token);
        var without = queries;
        await Eventually.Holds("every query has data", async () =>
        {
            without = [.. (await Task.WhenAll(without.Select(async q => (q, (await _prometheus!.Query(q)).Count))))
                .Where(q => q.Count == 0).Select(q => q.q)];
            return without.Count == 0;
        }, TimeSpan.FromMinutes(2)).ContinueWith(
            done => Assert.True(done.IsCompletedSuccessfully, string.Join('\n', without)), TaskScheduler.Default);
        await end.CancelAsync();
        await story;
    }

    /// <summary>Rents, cancels, declines, gives back: whatever a dashboard shows, until told to stop.</summary>
    async Task Story(CancellationToken end)
    {
        var product = await system.Operator().RegistersMany(cars: 50);
        while (!end.IsCancellationRequested)
        {
            var customer = await system.Customer().TopUp(3_000);
            var order = await customer.Rents(product.ProductId);
            using (var declined = await customer.Order(product.ProductId, hours: 100)) { }
            using (var unknown = await customer.Order(Guid.NewGuid())) { }
            await Eventually.Holds("the car is on its way", async () =>
                (await customer.Reads(order.OrderId)).Status >= OrderStatus.Dispatched);
            using (await customer.Http.DeleteAsync($"/orders/{order.OrderId}", CancellationToken.None)) { }
        }
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
