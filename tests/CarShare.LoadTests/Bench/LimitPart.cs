using System.Diagnostics;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// What this machine's PostgreSQL could do at most for CarShare: the statements of one rental's commits, prepared, through bare Npgsql, on empty databases of the same schema. What separates
/// the system from it is HTTP, the broker, the object mapper and everything else that is not the database's work.
/// </summary>
sealed class LimitPart : IPart
{
    public const string Placed = "limit: rentals/s up to Placed", Whole = "limit: rentals/s through Preparing";
    const int Products = 20, Customers = 500, FewestClients = 8;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public string Name => "limit";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        await bench.Backlog.Drained(TimeSpan.FromMinutes(5), ct);
        await using var databases = await ScratchDatabases.Create(bench.System, ct);
        var products = Enumerable.Range(0, Products).Select(_ => Guid.CreateVersion7()).ToList();
        await databases.Run("stocksdb", $"INSERT INTO products SELECT id::uuid, 'Limit', 1000, 'Seoul', 0, 1, 0, 0 FROM unnest(ARRAY['{string.Join("','", products)}']) AS id", ct);
        await databases.Run("paymentsdb", $"INSERT INTO deposits SELECT 'limit-' || n, 100000000, 0 FROM generate_series(0, {Customers - 1}) AS n", ct);

        // The services' idle work is no part of what the database could do.
        using (bench.IsOwn ? new Frozen(bench.System) : null)
        {
            await Best(Placed, following: false);
            await Best(Whole, following: true);
        }

        await bench.Recovered(ct);

        async Task Best(string what, bool following)
        {
            var (best, at) = (0.0, 0);
            foreach (var clients in bench.Options.Clients.Prepend(FewestClients).Distinct())
            {
                var rates = new List<double>();
                for (var i = 0; i < bench.Options.Rounds; i++) rates.Add(await Rate(databases, products, clients, bench.Options.Duration, following, ct));
                if (Workbench.Median(rates) > best) (best, at) = (Workbench.Median(rates), clients);
            }

            bench.Add(Name, what, best, $"orders/s at {at} clients");
        }
    }

    static async Task<double> Rate(ScratchDatabases databases, IReadOnlyList<Guid> products, int clients, TimeSpan duration, bool following, CancellationToken ct)
    {
        await Restock(databases, products, (int)duration.TotalSeconds * 4_000, ct);
        using var end = new CancellationTokenSource();
        var follow = new FollowingCommits(databases, end.Token);
        follow.StartRelays(["ordersdb", "paymentsdb", .. following ? ["deliveriesdb"] : Array.Empty<string>()]);
        if (following) follow.StartConsumers();
        var free = new System.Collections.Concurrent.ConcurrentBag<AcceptingCommits>();
        for (var i = 0; i < clients; i++) free.Add(new(await Session.Open(databases["ordersdb"], ct), await Session.Open(databases["stocksdb"], ct), await Session.Open(databases["paymentsdb"], ct)));
        var accepted = 0;
        async Task Accept(long _)
        {
            free.TryTake(out var commits);
            var order = await commits!.Accept(products[Random.Shared.Next(products.Count)], $"limit-{Random.Shared.Next(Customers)}", ct);
            if (following) follow.Follow(order);
            Interlocked.Increment(ref accepted);
            free.Add(commits);
        }

        await ClosedLoop.Run(clients, TimeSpan.FromSeconds(1), Accept, ct);
        accepted = 0;
        var start = Stopwatch.GetTimestamp();
        await ClosedLoop.Run(clients, duration, Accept, ct);
        while (!follow.IsDone)
        {
            await follow.Failed();
            if (Stopwatch.GetElapsedTime(start) > duration + Patience) throw new CannotRunException("What follows from the orders of the limit did not come to an end.");
            await Task.Delay(1, ct);
        }

        var rate = accepted / Stopwatch.GetElapsedTime(start).TotalSeconds;
        await end.CancelAsync();
        await follow.Ended();
        foreach (var commits in free) await commits.DisposeAsync();
        return rate;
    }

    static Task Restock(ScratchDatabases databases, IReadOnlyList<Guid> products, int cars, CancellationToken ct) => databases.Run("stocksdb",
        $"""
        INSERT INTO vehicles (vehicle_id, product_id, plate, location, state)
        SELECT gen_random_uuid(), p.id::uuid, left(gen_random_uuid()::text, 20), 'Seoul', 'Available'
        FROM generate_series(1, {cars / products.Count}) AS n, unnest(ARRAY['{string.Join("','", products)}']) AS p(id)
        """, ct);
}
