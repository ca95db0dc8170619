using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// What people who look around cost those who order: the same orders with and without them, in turns. Then how soon
/// the first page is there while nobody else asks.
/// </summary>
sealed class BrowsePart : IPart
{
    const int People = 200, FirstPages = 300;
    const double MostFirstPage = 50, MostLost = 10;

    static readonly TimeSpan BetweenPages = TimeSpan.FromSeconds(10);

    public string Name => "browse";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        var fleet = await bench.Fleet(10, ct);
        using var visitors = new Visitors(bench.System.Gateway, fleet.Products[0]);
        await visitors.SignIn(People, ct);
        await SystemPart.Warm(bench, ct);
        // the pages are warmed like the orders: what a start costs is paid once, not by every order beside a visitor
        await Orders(true);
        var (without, with, lost) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            // there and back, so that neither is always first
            foreach (var isWith in i % 2 == 0 ? new[] { false, true } : [true, false])
                (isWith ? with : without).Add(await Orders(isWith));

            lost.Add(100 * (1 - with[^1] / without[^1]));
            Output.Say($"round {i + 1}: {without[^1]:0} orders/s, {with[^1]:0} beside {People} people");
        }

        async Task<double> Orders(bool isWith)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var browsing = isWith ? visitors.Browse(BetweenPages, end.Token) : Task.CompletedTask;
            var round = await bench.Orders(bench.Options.Clients[0], bench.Options.Duration, ct);
            await end.CancelAsync();
            await browsing;
            return round.PerSecond;
        }

        bench.Add(Name, "orders alone", Workbench.Median(without), "orders/s");
        bench.Add(Name, $"orders beside {People} people", Workbench.Median(with), "orders/s");
        bench.Add(Name, "order throughput lost", Workbench.Median(lost), "%", atMost: MostLost);
        bench.Add(Name, "their pages, p95", visitors.Latencies.Percentile(0.95), "ms");

        // last, when the pages' code is as optimised as that of a system that has been looked at
        await bench.Backlog.Drained(TimeSpan.FromMinutes(5), ct);
        using var first = new Visitors(bench.System.Gateway, fleet.Products[0]);
        for (var i = 0; i < FirstPages; i++) await first.OpenFirst(ct);
        bench.Add(Name, "first page, p50", first.Latencies.Percentile(0.5), "ms");
        bench.Add(Name, "first page, p95", first.Latencies.Percentile(0.95), "ms", atMost: MostFirstPage);
    }
}
