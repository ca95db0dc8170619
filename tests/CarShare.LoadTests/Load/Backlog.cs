using System.Diagnostics;
using System.Globalization;
using CarShare.Contracts;
using CarShare.LoadTests.Running;
using Confluent.Kafka;
using Npgsql;

namespace CarShare.LoadTests.Load;

/// <summary>How much is still on its way: outbox rows not sent and records not handled, from the stores and the broker themselves.</summary>
sealed class Backlog : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    readonly Dictionary<string, NpgsqlDataSource> _databases;
    readonly RedisReader _redis;
    readonly IConsumer<Ignore, Ignore> _broker;

    public Backlog(RunningSystem system)
    {
        _databases = Databases.ToDictionary(name => name, name => NpgsqlDataSource.Create(system.Connection(name)));
        _redis = new(system.Connection("redis"));
        _broker = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = system.Connection("kafka"), GroupId = "load-tests" }).Build();
    }

    public static IReadOnlyList<string> Databases { get; } = ["ordersdb", "stocksdb", "paymentsdb", "deliveriesdb", "notificationsdb"];

    public NpgsqlDataSource Database(string name) => _databases[name];

    /// <summary>Rows not sent, by database.</summary>
    public async Task<Dictionary<string, long>> Unsent(CancellationToken ct)
    {
        var unsent = new Dictionary<string, long>();
        foreach (var (name, database) in _databases)
        {
            await using var count = database.CreateCommand("SELECT count(*) FROM outbox WHERE sent_at IS NULL");
            unsent[name] = (long)(await count.ExecuteScalarAsync(ct))!;
        }

        return unsent;
    }

    /// <summary>Records not handled, by service.</summary>
    public async Task<Dictionary<string, long>> Unhandled(CancellationToken ct)
    {
        var unhandled = new Dictionary<string, long>();
        foreach (var (name, database) in _databases)
        {
            await using var positions = database.CreateCommand("SELECT topic, partition, next_offset FROM consumer_positions");
            await using var rows = await positions.ExecuteReaderAsync(ct);
            var behind = 0L;
            while (await rows.ReadAsync(ct)) behind += Behind(rows.GetString(0), rows.GetInt32(1), rows.GetInt64(2));
            unhandled[name[..^2]] = behind;
        }

        var pages = await _redis.Hash("positions");
        unhandled["customerpages"] = pages.Where(field => !field.Key.EndsWith("/ask", StringComparison.Ordinal))
            .Select(field => (Place: field.Key.Split('/'), Next: long.Parse(field.Value.Split(' ')[0], CultureInfo.InvariantCulture)))
            .Sum(p => Behind(p.Place[0], int.Parse(p.Place[1], CultureInfo.InvariantCulture), p.Next));
        return unhandled;
    }

    /// <summary>Waits until nothing is on its way; answers how long that took.</summary>
    public async Task<TimeSpan> Drained(TimeSpan atMost, CancellationToken ct)
    {
        var start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        // Unsent first: what is sent between the two looks is seen by the second.
        while ((await Unsent(ct)).Values.Any(n => n > 0) || (await Unhandled(ct)).Values.Any(n => n > 0))
        {
            if (Stopwatch.GetElapsedTime(start) > atMost) throw new CannotRunException($"Events are still on their way after {atMost.TotalSeconds:0} s: {string.Join(", ", (await Unhandled(ct)).Where(b => b.Value > 0))}");
            await timer.WaitForNextTickAsync(ct);
        }

        return Stopwatch.GetElapsedTime(start);
    }

    public async ValueTask DisposeAsync()
    {
        _broker.Close();
        _broker.Dispose();
        _redis.Dispose();
        foreach (var database in _databases.Values) await database.DisposeAsync();
    }

    long Behind(string topic, int partition, long next) =>
        Topics.All.Contains(topic) ? Math.Max(0, _broker.QueryWatermarkOffsets(new(topic, partition), Patience).High.Value - next) : 0;
}
