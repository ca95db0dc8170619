using Aspire.Hosting.Testing;
using CarShare.Contracts;
using CarShare.Tests;
using Npgsql;

namespace CarShare.SystemTests.Observing;

[CollectionDefinition("observed")]
public sealed class ObservedCollection : ICollectionFixture<ObservedSystem>;

/// <summary>One of everything, with a collector of spans and logs beside it.</summary>
public sealed class ObservedSystem : CarShareSystem
{
    public OtlpReceiver Collector { get; } = new();

    protected override IEnumerable<string> Arguments =>
        from service in Workloads
        from variable in Collector.Variables
        select $"--Settings:{service}:{variable.Name}={variable.Value}";

    public override async ValueTask InitializeAsync()
    {
        await Collector.Start();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Collector.DisposeAsync();
    }

    /// <summary>A real Prometheus that scrapes all of it; the test is skipped where there is none.</summary>
    public async Task<PrometheusServer> StartPrometheus()
    {
        Assert.SkipUnless(
            PrometheusServer.IsInstalled, "Prometheus is not installed (Debian: apt-get install prometheus).");
        var prometheus = new PrometheusServer(Workloads.ToDictionary(
            workload => workload,
            workload => App.GetEndpoint(workload, workload == "gateway" ? "management" : "http")));
        await prometheus.Start();
        foreach (var workload in Workloads)
            await Eventually.Holds($"{workload} is scraped", async () =>
                (await prometheus.Query($"up{{job=\"{workload}\"}} == 1")).Count == 1);
        return prometheus;
    }

    /// <summary>Rents, and waits until the customer sees the car prepared; all of it under this trace id.</summary>
    public async Task<Guid> Rental(string traceId)
    {
        var product = await Operator().Registers(cars: 1);
        var customer = await Customer().TopUp(100_000);
        customer.Http.DefaultRequestHeaders.Add(
            "traceparent", $"00-{traceId}-{Guid.NewGuid():N}"[..(3 + 32 + 1 + 16)] + "-01");
        var order = await customer.Rents(product.ProductId);
        customer.Http.DefaultRequestHeaders.Remove("traceparent");
        await Eventually.Holds("the page shows the car", async () =>
            (await customer.Http.All<CustomerPageDto>("/customerpages"))
                .Any(p => p.OrderId == order.OrderId && p.DeliveryStatus is not null), TimeSpan.FromMinutes(1));
        return order.OrderId;
    }
}
