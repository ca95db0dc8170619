using System.Diagnostics;
using System.Globalization;
using CarShare.LoadTests.Load;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// What is stored of an order in each store, indexes included: of many that were placed, paid, prepared and cancelled.
/// </summary>
sealed class SizePart : IPart
{
    const int Orders = 2_000, AtOnce = 4;

    // Not what the server keeps for itself and for its clients.
    const string RedisBytes = "return {string.match(redis.call('INFO', 'memory'), 'used_memory_dataset:(%d+)')}";

    public string Name => "size";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        await SystemPart.Warm(bench, ct);
        var (fleet, tally) = (await bench.Fleet(Orders, ct), new Tally());
        var renters = new Renters(fleet, tally);
        var before = await Sizes(bench, ct);
        await Do(Mix.Place);
        await Do(Mix.Cancel);
        var after = await Sizes(bench, ct);
        if (tally.Count(Outcome.Good) != 2 * Orders)
            Running.Output.Say($"{2 * Orders - tally.Count(Outcome.Good)} requests were not answered well");
        foreach (var (store, bytes) in after)
            bench.Add(Name, $"{store}, of an order", (bytes - before[store]) / renters.Placed, "bytes");

        async Task Do(string operation)
        {
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ct };
            await Parallel.ForAsync(0, Orders, parallel,
                async (_, _) => await renters.Do(operation, Stopwatch.GetTimestamp()));
            await bench.Backlog.Drained(TimeSpan.FromMinutes(5), ct);
        }
    }

    static async Task<Dictionary<string, double>> Sizes(Workbench bench, CancellationToken ct)
    {
        var sizes = new Dictionary<string, double>();
        foreach (var name in Backlog.Databases)
        {
            await using var size = bench.Backlog.Database(name).CreateCommand(
                "SELECT pg_database_size(current_database())");
            sizes[name] = (long)(await size.ExecuteScalarAsync(ct))!;
            await using var outbox = bench.Backlog.Database(name).CreateCommand(
                "SELECT pg_total_relation_size('outbox')");
            sizes[$"{name}, the outbox of it"] = (long)(await outbox.ExecuteScalarAsync(ct))!;
        }

        using var redis = new RedisReader(bench.System.Connection("redis"));
        sizes["Redis"] = double.Parse((await redis.Run(RedisBytes))[0], CultureInfo.InvariantCulture);
        // The emulation keeps no files; a broker's segments are as long as their records.
        var logs = new DirectoryInfo(Path.Combine(bench.System.Data, "kafka"));
        if (logs.Exists)
            sizes["Kafka, all its brokers"] = logs.EnumerateFiles("*.log", SearchOption.AllDirectories)
                .Where(file => file.Directory!.Name.StartsWith("carshare.", StringComparison.Ordinal))
                .Sum(file => file.Length);
        return sizes;
    }
}
