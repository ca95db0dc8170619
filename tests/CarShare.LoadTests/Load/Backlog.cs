using System.Diagnostics;
using System.Globalization;
using CarShare.Contracts;
using CarShare.LoadTests.Running;
using Confluent.Kafka;
using Npgsql;

namespace CarShare.LoadTests.Load;

/// <summary>
/// How much is still on its way: outbox rows not sent and records not handled, from the stores and the broker
/// themselves.
/// </summary>
sealed class Backlog : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromMilliseconds(100);

    readonly Dictionary<string, NpgsqlDataSource> _databases;
    readonly RedisReader _redis;
    readonly IConsumer<Ignore, Ignore> _broker;

    public Backlog(RunningSystem system)
    {
        _databases = Databases.ToDictionary(name => name, name => NpgsqlDataSource.Create(system.Connection(name)));
        _redis = new(system.Connection("redis"));
        _broker = new ConsumerBuilder<Ignore, Ignore>(
            new ConsumerConfig { BootstrapServers = system.Connection("kafka"), GroupId = "load-tests" }).Build();
    }

    public static IReadOnlyList<string> Databases { get; } =
        ["ordersdb", "stocksdb", "paymentsdb", "deliveriesdb", "notificationsdb"];

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
    public async Task<Dictionary<string, long>> Unhandled(CancellationToken ct) => Behind(await Positions(ct), Ends());

    /// <summary>Waits until nothing is on its way; answers how long that took.</summary>
    public async Task<TimeSpan> Drained(TimeSpan atMost, CancellationToken ct)
    {
        var start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Pause);
        while (true)
        {
            while ((await Unsent(ct)).Values.Any(n => n > 0)) await Next();
            var ends = Ends();
            while (Behind(await Positions(ct), ends).Values.Any(n => n > 0)) await Next();
            // What was handled last may have written again.
            if ((await Unsent(ct)).Values.All(n => n == 0) && Ends().SequenceEqual(ends))
                return Stopwatch.GetElapsedTime(start);
        }

        async Task Next()
        {
            await timer.WaitForNextTickAsync(ct);
            if (Stopwatch.GetElapsedTime(start) > atMost)
                throw new CannotRunException(
                    $"Events are still on their way after {atMost.TotalSeconds:0} s: "
                    + $"{string.Join(", ", (await Unhandled(ct)).Where(b => b.Value > 0))}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _broker.Close();
        _broker.Dispose();
        _redis.Dispose();
        foreach (var database in _databases.Values) await database.DisposeAsync();
    }

    /// <summary>Where each service will read on, by topic and partition.</summary>
    async Task<Dictionary<string, Dictionary<(string Topic, int Partition), long>>> Positions(CancellationToken ct)
    {
        var services = new Dictionary<string, Dictionary<(string, int), long>>();
        foreach (var (name, database) in _databases)
        {
            await using var positions = database.CreateCommand(
                "SELECT topic, partition, next_offset FROM consumer_positions");
            await using var rows = await positions.ExecuteReaderAsync(ct);
            var read = services[name[..^2]] = [];
            while (await rows.ReadAsync(ct)) read[(rows.GetString(0), rows.GetInt32(1))] = rows.GetInt64(2);
        }

        services["customerpages"] = (await _redis.Hash("positions"))
            .Where(field => !field.Key.EndsWith("/ask", StringComparison.Ordinal)).ToDictionary(
            field => (field.Key.Split('/')[0], int.Parse(field.Key.Split('/')[1], CultureInfo.InvariantCulture)),
            field => long.Parse(field.Value.Split(' ')[0], CultureInfo.InvariantCulture));
        return services;
    }

    Dictionary<(string Topic, int Partition), long> Ends() =>
        Topics.All.SelectMany(topic => Enumerable.Range(0, Topics.Partitions).Select(partition => (topic, partition)))
            .ToDictionary(place => place, place =>
                _broker.QueryWatermarkOffsets(new(place.topic, place.partition), Patience).High.Value);

    static Dictionary<string, long> Behind(
        Dictionary<string, Dictionary<(string, int), long>> positions, Dictionary<(string, int), long> ends) =>
        positions.ToDictionary(service => service.Key, service =>
            service.Value.Sum(p => Math.Max(0, ends.GetValueOrDefault(p.Key) - p.Value)));
}
