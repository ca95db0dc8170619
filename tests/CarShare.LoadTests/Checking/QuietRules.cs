using CarShare.Contracts;
using Npgsql;

namespace CarShare.LoadTests.Checking;

/// <summary>What is still under way; in a system at rest nothing is.</summary>
static class QuietRules
{
    public static async Task<List<Violation>> Find(Stores stores, BrokerLog broker, CancellationToken ct)
    {
        var found = new List<Violation>();
        broker.Look();
        foreach (var (service, database) in stores.OfServices)
        {
            found.AddRange(await Ask(database, Rules.OutboxEmpty, Unsent, service, ct));
            found.AddRange(await Ask(database, Rules.NothingParked, Parked, service, ct));
            found.AddRange(Behind(service, broker, await Positions(database, ct)));
        }

        found.AddRange(await Ask(stores.Orders, Rules.Quiet, Undecided, "orders", ct));
        found.AddRange(Behind("customerpages", broker, await Positions(stores)));
        foreach (var letter in await stores.Redis.HashKeysAsync("dead-letters")) found.Add(new(Rules.NothingParked, "customerpages", $"event {letter}"));
        found.AddRange(await RemainingStock(stores, ct));
        return found;
    }

    /// <summary>Grows with everything that happens to orders, payments, deliveries and stock.</summary>
    public static async Task<string> Progress(Stores stores, CancellationToken ct)
    {
        var last = new List<long>();
        foreach (var database in stores.OfServices.Values) last.Add(await database.Value<long>("SELECT coalesce(max(sequence), 0) FROM outbox", ct));
        last.Add(await stores.Orders.Value<long>("SELECT count(*) FROM orders WHERE status = 'Pending'", ct));
        return string.Join(' ', last);
    }

    const string Unsent = "SELECT key, format('%s %s is unsent since %s', type, id, occurred_at) FROM outbox WHERE sent_at IS NULL ORDER BY sequence LIMIT 100";

    const string Parked = "SELECT key, format('%s %s: %s', type, id, left(split_part(error, E'\\n', 1), 200)) FROM dead_letters WHERE redriven_at IS NULL";

    const string Undecided =
        "SELECT order_id::text, format('%s since %s', status, created_at) FROM orders WHERE status = 'Pending' OR (status = 'AwaitingPayment' AND expires_at < now())";

    static async Task<List<Violation>> Ask(NpgsqlDataSource database, string rule, string sql, string service, CancellationToken ct)
    {
        var found = new List<Violation>();
        await foreach (var violation in database.Rows(sql, row => new Violation(rule, row.GetString(0), $"{service}: {row.GetString(1)}"), ct)) found.Add(violation);
        return found;
    }

    sealed record Position(string Topic, int Partition, long Next, bool IsOwed);

    static async Task<List<Position>> Positions(NpgsqlDataSource database, CancellationToken ct)
    {
        var positions = new List<Position>();
        await foreach (var position in database.Rows(
            "SELECT topic, partition, next_offset, ask_after IS NOT NULL FROM consumer_positions", r => new Position(r.GetString(0), r.GetInt32(1), r.GetInt64(2), r.GetBoolean(3)), ct)) positions.Add(position);
        return positions;
    }

    static async Task<List<Position>> Positions(Stores stores)
    {
        var fields = (await stores.Redis.HashGetAllAsync("positions")).ToDictionary(f => f.Name.ToString(), f => f.Value.ToString());
        return [.. fields.Where(f => !f.Key.EndsWith("/ask", StringComparison.Ordinal)).Select(f => (Place: f.Key.Split('/'), f.Key, f.Value))
            .Select(f => new Position(f.Place[0], int.Parse(f.Place[1], null), long.Parse(f.Value.Split(' ')[0], null), fields.ContainsKey($"{f.Key}/ask")))];
    }

    static IEnumerable<Violation> Behind(string service, BrokerLog broker, List<Position> positions)
    {
        var known = positions.ToDictionary(p => (p.Topic, p.Partition));
        foreach (var topic in positions.Select(p => p.Topic).Distinct())
        {
            for (var partition = 0; partition < Topics.Partitions; partition++)
            {
                var position = known.GetValueOrDefault((topic, partition));
                var end = broker.Marks(topic, partition).High;
                if ((position?.Next ?? 0) != end) yield return new(Rules.CaughtUp, service, $"{topic}/{partition}: at {position?.Next ?? 0} of {end}");
                if (position is { IsOwed: true }) yield return new(Rules.CaughtUp, service, $"{topic}/{partition}: waits for a republish");
            }
        }
    }

    /// <summary>Published a moment after the change, so it belongs to what may still be under way.</summary>
    static async Task<List<Violation>> RemainingStock(Stores stores, CancellationToken ct)
    {
        const string free = "SELECT product_id, count(v.vehicle_id) FILTER (WHERE v.order_id IS NULL AND v.state = 'Available') FROM products LEFT JOIN vehicles v USING (product_id) GROUP BY product_id";
        var found = new List<Violation>();
        await foreach (var batch in stores.Stocks.Rows(free, r => (Product: r.GetGuid(0), Free: r.GetInt64(1)), ct).Chunk(500))
        {
            var shown = batch.Select(p => stores.Redis.HashGetAsync($"product:{p.Product}", "available")).ToList();
            for (var i = 0; i < batch.Length; i++)
            {
                var value = await shown[i];
                if (value.ToString() != $"{batch[i].Free}") found.Add(new(Rules.StockOnPages, batch[i].Product.ToString(), $"pages show {(value.IsNull ? "nothing" : value)}, free are {batch[i].Free}"));
            }
        }

        return found;
    }
}
