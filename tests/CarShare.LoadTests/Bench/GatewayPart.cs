using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>The same requests through the gateway and at the service itself, in turns.</summary>
sealed class GatewayPart : IPart
{
    const int Clients = 16;

    public string Name => "gateway";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        using var orders = new People(bench.System, bench.System.Service("orders"));
        await SystemPart.Warm(bench, ct);
        await bench.Orders(Clients, TimeSpan.FromSeconds(5), ct, orders);
        var (through, direct) = (new List<Round>(), new List<Round>());
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            through.Add(await bench.Orders(Clients, bench.Options.Duration, ct));
            direct.Add(await bench.Orders(Clients, bench.Options.Duration, ct, orders));
        }

        Compare("POST /orders", through.Select(r => (r.PerSecond, r.Latency.P50)), direct.Select(r =>
            (r.PerSecond, r.Latency.P50)), atMost: 15);

        var (customer, order) = await bench.PlaceOne(ct);
        var route = $"/orders/{order.OrderId}";
        var (viaGateway, atService) = (new List<(double, double)>(), new List<(double, double)>());
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            viaGateway.Add(await Reads.Measure(customer, route, Clients, bench.Options.Duration, ct));
            atService.Add(
                await Reads.Measure(orders.Customer(customer.Name), route, Clients, bench.Options.Duration, ct));
        }

        Compare("GET /orders/{id}", viaGateway, atService, atMost: null);

        void Compare(
            string what, IEnumerable<(double Rate, double P50)> gateway, IEnumerable<(double Rate, double P50)> service,
            double? atMost)
        {
            var (rate, bare) =
                (Workbench.Median(gateway.Select(g => g.Rate)), Workbench.Median(service.Select(s => s.Rate)));
            bench.Add(
                Name, $"{what} through the gateway (p50 {Workbench.Median(gateway.Select(g => g.P50)):0.##} ms)", rate,
                "requests/s");
            bench.Add(Name, $"{what} at the service (p50 {Workbench.Median(service.Select(s => s.P50)):0.##} ms)", bare,
                "requests/s");
            bench.Add(Name, $"{what}: throughput lost to the gateway", 100 * (1 - rate / bare), "%", atMost: atMost);
        }
    }
}
