using CarShare.LoadTests.Load;
using Npgsql;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// How long an event is on its way under a light load: from the moment its publisher made it, a moment before the
/// commit, to the beginning of the consumer's transaction that handled it, by the clocks of one machine.
/// </summary>
sealed class TransitPart : IPart
{
    const int Clients = 2;

    static readonly string[] Publishers = ["ordersdb", "stocksdb", "paymentsdb", "deliveriesdb"];

    public string Name => "transit";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        await SystemPart.Warm(bench, ct);
        var (middle, late, rates) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            var start = DateTimeOffset.UtcNow;
            await bench.Orders(Clients, bench.Options.Duration, ct);
            var (made, took) = await OnTheirWay(bench, Backlog.Databases, start, ct);
            middle.Add(took[took.Count / 2]);
            late.Add(took[took.Count * 99 / 100]);
            rates.Add(made / bench.Options.Duration.TotalSeconds);
        }

        bench.Add(Name, "events while measuring", Workbench.Median(rates), "events/s");
        bench.Add(Name, "from publisher to consumer, p50", Workbench.Median(middle), "ms", atMost: 15);
        bench.Add(Name, "from publisher to consumer, p99", Workbench.Median(late), "ms");
    }

    /// <summary>How many events were made since then, and what they took to these consumers, in ms, sorted.</summary>
    public static async Task<(int Made, List<double> Took)> OnTheirWay(
        Workbench bench, IEnumerable<string> consumers, DateTimeOffset start, CancellationToken ct)
    {
        var made = new Dictionary<Guid, DateTime>();
        foreach (var name in Publishers)
            foreach (var (id, at) in await Rows(
                bench, name, "SELECT id, occurred_at FROM outbox WHERE occurred_at >= $1", start, ct))
                made[id] = at;
        var took = new List<double>();
        foreach (var name in consumers)
            foreach (var (id, at) in await Rows(
                bench, name, "SELECT id, handled_at FROM inbox WHERE handled_at >= $1", start, ct))
                if (made.TryGetValue(id, out var since)) took.Add((at - since).TotalMilliseconds);
        took.Sort();
        return (made.Count, took);
    }

    static async Task<List<(Guid, DateTime)>> Rows(
        Workbench bench, string database, string sql, DateTimeOffset since, CancellationToken ct)
    {
        await using var command = bench.Backlog.Database(database).CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = since });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<(Guid, DateTime)>();
        while (await reader.ReadAsync(ct)) rows.Add((reader.GetGuid(0), reader.GetDateTime(1)));
        return rows;
    }
}
