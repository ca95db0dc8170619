using System.Collections.Concurrent;
using System.Diagnostics;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// What this machine's PostgreSQL could do at most for CarShare: the statements of one rental's commits, prepared,
/// through bare Npgsql, on empty databases of the same schema. What separates the system from it is HTTP, the broker,
/// the object mapper and everything else that is not the database's work.
/// </summary>
sealed class Limit : IAsyncDisposable
{
    const int Products = 20, Customers = 500;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly Workbench _bench;
    readonly ScratchDatabases _databases;
    readonly IReadOnlyList<Guid> _products = [.. Enumerable.Range(0, Products).Select(_ => Guid.CreateVersion7())];

    Limit(Workbench bench, ScratchDatabases databases) => (_bench, _databases) = (bench, databases);

    public static async Task<Limit> Prepare(Workbench bench, CancellationToken ct)
    {
        var limit = new Limit(bench, await ScratchDatabases.Create(bench.System, ct));
        await limit._databases.Run(
            "stocksdb",
            $"""
            INSERT INTO products SELECT id::uuid, 'Limit', 1000, 'Seoul', 0, 1, 0, 0
                FROM unnest(ARRAY['{string.Join("','", limit._products)}']) AS id
            """,
            ct);
        await limit._databases.Run("paymentsdb",
            $"INSERT INTO deposits SELECT 'limit-' || n, 100000000, 0 FROM generate_series(0, {Customers - 1}) AS n",
            ct);
        return limit;
    }

    /// <summary>
    /// Rentals per second of so many clients, while the services are held still: their idle work is no part of what the
    /// database could do.
    /// </summary>
    /// <param name="clients">At once.</param>
    /// <param name="following">Also what follows from an accepted order, through the preparation of the car; otherwise
    /// up to Placed.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<double> Rate(int clients, bool following, CancellationToken ct)
    {
        using var frozen = _bench.IsOwn ? new Frozen(_bench.System) : null;
        var duration = _bench.Options.Duration;
        await Restock((int)duration.TotalSeconds * 4_000, ct);
        using var end = new CancellationTokenSource();
        var follow = new FollowingCommits(_databases, end.Token);
        follow.StartRelays(["ordersdb", "paymentsdb", .. following ? ["deliveriesdb"] : Array.Empty<string>()]);
        if (following) follow.StartConsumers();
        var free = new ConcurrentBag<AcceptingCommits>();
        for (var i = 0; i < clients; i++)
            free.Add(new(await Session.Open(_databases["ordersdb"], ct), await Session.Open(_databases["stocksdb"], ct),
                await Session.Open(_databases["paymentsdb"], ct)));
        var accepted = 0;
        async Task Accept(long _)
        {
            free.TryTake(out var commits);
            var order = await commits!.Accept(
                _products[Random.Shared.Next(_products.Count)], $"limit-{Random.Shared.Next(Customers)}", ct);
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
            if (Stopwatch.GetElapsedTime(start) > duration + Patience)
                throw new CannotRunException("What follows from the orders of the limit did not come to an end.");
            await Task.Delay(1, ct);
        }

        var rate = accepted / Stopwatch.GetElapsedTime(start).TotalSeconds;
        await end.CancelAsync();
        await follow.Ended();
        foreach (var commits in free) await commits.DisposeAsync();
        return rate;
    }

    public ValueTask DisposeAsync() => _databases.DisposeAsync();

    Task Restock(int cars, CancellationToken ct) => _databases.Run("stocksdb",
        $"""
        INSERT INTO vehicles (vehicle_id, product_id, plate, location, state)
        SELECT gen_random_uuid(), p.id::uuid, left(gen_random_uuid()::text, 20), 'Seoul', 'Available'
        FROM generate_series(1, {cars / Products}) AS n, unnest(ARRAY['{string.Join("','", _products)}']) AS p(id)
        """, ct);
}
