using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// A customer page against the least that could answer the same: a bare Kestrel endpoint that runs the same script in
/// the same Redis, read by the same client.
/// </summary>
sealed class PagesPart : IPart
{
    const int Clients = 16;

    public string Name => "pages";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        var (customer, order) = await bench.PlaceOne(ct);
        var route = $"/customerpages/{order.OrderId}";
        await using var bare = await BareServer.Start(bench.System.Connection("redis"), ct);
        using var atService = new People(bench.System, bench.System.Service("customerpages"));
        using var atBare = new People(bench.System, bare.Address);
        var readers = new (string What, Person Reader, string Route)[]
        {
            ("a bare endpoint", atBare.Customer(customer.Name), $"/bare/{customer.Name}/{order.OrderId}"),
            ("customerpages", atService.Customer(customer.Name), route),
            ("through the gateway", bench.People.Customer(customer.Name), route),
        };
        var measured = readers.Select(_ => new List<(double Rate, double P50)>()).ToList();
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            for (var r = 0; r < readers.Length; r++)
                measured[r].Add(
                    await Reads.Measure(readers[r].Reader, readers[r].Route, Clients, bench.Options.Duration, ct));
        }

        for (var r = 0; r < readers.Length; r++) bench.Add(
            Name, $"pages read at {readers[r].What} (p50 {Workbench.Median(measured[r].Select(m => m.P50)):0.##} ms)",
            Rate(r), "requests/s");
        bench.Add(Name, "customerpages, of the bare endpoint", Rate(1) / Rate(0), "", atLeast: 0.6);
        bench.Add(Name, "through the gateway, of the bare endpoint", Rate(2) / Rate(0), "");

        double Rate(int reader) => Workbench.Median(measured[reader].Select(m => m.Rate));
    }
}
