namespace CarShare.LoadTests.Bench;

/// <summary>The <see cref="Limit"/> at the number of clients that suits it best.</summary>
sealed class LimitPart : IPart
{
    const int FewestClients = 8;

    public string Name => "limit";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        await bench.Backlog.Drained(TimeSpan.FromMinutes(5), ct);
        await using (var limit = await Limit.Prepare(bench, ct))
        {
            await Best(limit, "rentals/s up to Placed", following: false);
            await Best(limit, "rentals/s through Preparing", following: true);
        }

        await bench.Recovered(ct);

        async Task Best(Limit limit, string what, bool following)
        {
            var (best, at) = (0.0, 0);
            foreach (var clients in bench.Options.Clients.Prepend(FewestClients).Distinct())
            {
                var rates = new List<double>();
                for (var i = 0; i < bench.Options.Rounds; i++) rates.Add(await limit.Rate(clients, following, ct));
                if (Workbench.Median(rates) > best) (best, at) = (Workbench.Median(rates), clients);
            }

            bench.Add(Name, what, best, $"orders/s at {at} clients");
        }
    }
}
