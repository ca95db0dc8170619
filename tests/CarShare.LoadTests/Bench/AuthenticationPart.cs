using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// The same read of a public route with a token and without, at the service itself, in turns: what one check of a token
/// costs. An order is checked four times: at the gateway, at orders, and as a call between services at stocks and at
/// payments.
/// </summary>
sealed class AuthenticationPart : IPart
{
    const int Clients = 16, ChecksPerOrder = 4;

    public string Name => "authentication";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        var fleet = await bench.Fleet(1, ct);
        var route = $"/stocks/{fleet.Products[0]}";
        var stocks = bench.System.Service("stocks");
        using var known = new People(bench.System, stocks);
        using var nameless = new People(bench.System, stocks, nameless: true);
        var (with, without, orders) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            with.Add((await Reads.Measure(
                known.Customer(fleet.Customers[0].Name), route, Clients, bench.Options.Duration, ct)).Rate);
            without.Add((await Reads.Measure(nameless.Customer(""), route, Clients, bench.Options.Duration, ct)).Rate);
            orders.Add((await bench.Orders(Clients, bench.Options.Duration, ct)).PerSecond);
        }

        var (checkedRate, openRate, orderRate) =
            (Workbench.Median(with), Workbench.Median(without), Workbench.Median(orders));
        bench.Add(Name, "GET /stocks/{id} with a token", checkedRate, "requests/s");
        bench.Add(Name, "GET /stocks/{id} without", openRate, "requests/s");
        bench.Add(Name, "order throughput spent on four checks", 100 * ChecksPerOrder * (1 / checkedRate - 1 / openRate)
            * orderRate, "%", atMost: 10);
    }
}
