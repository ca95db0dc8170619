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
            found.AddRange(await Behind(service, stores, broker, await Positions(database, ct), ct));
        }

        found.AddRange(await Ask(stores.Orders, Rules.Quiet, Undecided, "orders", ct));
        found.AddRange(await Behind("customerpages", stores, broker, await Positions(stores), ct));
        foreach (var letter in await stores.Redis.HashKeysAsync("dead-letters"))
            found.Add(new(Rules.NothingParked, "customerpages", $"event {letter}"));
        found.AddRange(await RemainingStock(stores, ct));
        return found;
    }

    /// <summary>Grows with everything that happens to orders, payments, deliveries and stock.</summary>
    public static async Task<string> Progress(Stores stores, CancellationToken ct)
    {
        var last = new List<long>();
        foreach (var database in stores.OfServices.Values)
            last.Add(await database.Value<long>("SELECT coalesce(max(sequence), 0) FROM outbox", ct));
        last.Add(await stores.Orders.Value<long>("SELECT count(*) FROM orders WHERE status = 'Pending'", ct));
        return string.Join(' ', last);
    }

    const string Unsent =
        """
        SELECT key, format('%s %s is unsent since %s', type, id, occurred_at) FROM outbox WHERE sent_at IS NULL
            ORDER BY sequence LIMIT 100
        """;

    const string Parked =
        "SELECT key, format('%s %s: %s', type, id, left(split_part(error, E'\\n', 1), 200)) FROM dead_letters WHERE "
        + "redriven_at IS NULL";

    const string Undecided =
        """
        SELECT order_id::text, format('%s since %s', status, created_at) FROM orders WHERE status = 'Pending'
            OR (status = 'AwaitingPayment' AND expires_at < now())
        """;

    static async Task<List<Violation>> Ask(
        NpgsqlDataSource database, string rule, string sql, string service, CancellationToken ct)
    {
        var found = new List<Violation>();
        await foreach (var violation in database.Rows(
            sql, row => new Violation(rule, row.GetString(0), $"{service}: {row.GetString(1)}"), ct))
            found.Add(violation);
        return found;
    }

    /// <param name="Topic">Kafka topic.</param>
    /// <param name="Partition">Of it.</param>
    /// <param name="Next">Offset of the next record to handle.</param>
    /// <param name="Reached">Null once a record of this log was handled; else the sequence up to which the publisher's
    /// outbox was read instead.</param>
    sealed record Position(string Topic, int Partition, long Next, long? Reached);

    static async Task<List<Position>> Positions(NpgsqlDataSource database, CancellationToken ct)
    {
        var positions = new List<Position>();
        await foreach (var position in database.Rows(
            """
            SELECT topic, partition, next_offset, CASE WHEN last_id IS NULL THEN last_sequence END
                FROM consumer_positions
            """,
            r => new Position(r.GetString(0), r.GetInt32(1), r.GetInt64(2), r.IsDBNull(3) ? null : r.GetInt64(3)), ct))
            positions.Add(position);
        return positions;
    }

    static async Task<List<Position>> Positions(Stores stores) =>
        [.. (await stores.Redis.HashGetAllAsync("positions"))
            .Select(f => (Place: f.Name.ToString().Split('/'), Value: f.Value.ToString().Split(' ')))
            .Where(f => f.Place.Length == 2).Select(f => new Position(
                f.Place[0], int.Parse(f.Place[1], null), long.Parse(f.Value[0], null),
                f.Value[1] == "-" ? long.Parse(f.Value[2], null) : null))];

    static async Task<List<Violation>> Behind(
        string service, Stores stores, BrokerLog broker, List<Position> positions, CancellationToken ct)
    {
        var found = new List<Violation>();
        var known = positions.ToDictionary(p => (p.Topic, p.Partition));
        foreach (var topic in positions.Select(p => p.Topic).Distinct())
        {
            if (broker.Partitions(topic) is not Topics.Partitions and var count)
            {
                found.Add(new(
                    Rules.CaughtUp, service, $"{topic} has {count} partitions instead of {Topics.Partitions}"));
                continue;
            }

            for (var partition = 0; partition < Topics.Partitions; partition++)
            {
                var (low, high) = broker.Marks(topic, partition);
                var next = known.GetValueOrDefault((topic, partition))?.Next ?? low;
                // A log may end with what is no record: transactions, and what they left undone.
                if (next > high || (next < high && broker.HasRecord(topic, partition, next)))
                    found.Add(new(Rules.CaughtUp, service, $"{topic}/{partition}: at {next} of {high}"));
            }

            found.AddRange(await Unread(
                service, stores, topic, [.. positions.Where(p => p.Topic == topic && p.Reached is not null)], ct));
        }

        return found;
    }

    /// <summary>Where nothing of the log was handled yet, the outbox has to have been read to its end.</summary>
    static async Task<List<Violation>> Unread(
        string service, Stores stores, string topic, List<Position> positions, CancellationToken ct)
    {
        if (positions.Count == 0) return [];
        var reached = positions.ToDictionary(p => p.Partition, p => p.Reached!.Value);
        var unread = new SortedDictionary<int, long>();
        await foreach (var (sequence, key) in stores.OfServices[Topics.SourceOf(topic)].Rows(
            $"SELECT sequence, key FROM outbox WHERE topic = '{topic}' AND sequence > {reached.Values.Min()}",
            r => (r.GetInt64(0), r.GetString(1)), ct))
        {
            var partition = Partitioning.Of(key);
            if (reached.TryGetValue(partition, out var last) && sequence > last) unread.TryAdd(partition, sequence);
        }

        return [.. unread.Select(u => new Violation(
            Rules.CaughtUp, service, $"{topic}/{u.Key}: sequence {u.Value} has not been read from the outbox"))];
    }

    /// <summary>Published a moment after the change, so it belongs to what may still be under way.</summary>
    static async Task<List<Violation>> RemainingStock(Stores stores, CancellationToken ct)
    {
        const string free =
            """
            SELECT product_id, count(v.vehicle_id) FILTER (WHERE v.order_id IS NULL AND v.state = 'Available'
                AND retired_at IS NULL)
            FROM products LEFT JOIN vehicles v USING (product_id) GROUP BY product_id
            """;
        var found = new List<Violation>();
        await foreach (var batch in stores.Stocks.Rows(free, r => (Product: r.GetGuid(0), Free: r.GetInt64(1)), ct)
            .Chunk(500))
        {
            var shown = batch.Select(p => stores.Redis.HashGetAsync($"product:{p.Product}", "available")).ToList();
            for (var i = 0; i < batch.Length; i++)
            {
                var value = await shown[i];
                if (value.ToString() != $"{batch[i].Free}")
                    found.Add(new(Rules.StockOnPages, batch[i].Product.ToString(),
                        $"pages show {(value.IsNull ? "nothing" : value)}, free are {batch[i].Free}"));
            }
        }

        return found;
    }
}
