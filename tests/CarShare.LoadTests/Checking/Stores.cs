using CarShare.LoadTests.Running;
using Npgsql;
using StackExchange.Redis;

namespace CarShare.LoadTests.Checking;

/// <summary>Every store of the system, opened for reading past the services.</summary>
sealed class Stores : IAsyncDisposable
{
    static readonly string[] Databases = ["orders", "stocks", "payments", "deliveries", "notifications"];

    readonly Dictionary<string, NpgsqlDataSource> _databases = [];
    readonly ConnectionMultiplexer _redis;

    Stores(RunningSystem system, ConnectionMultiplexer redis)
    {
        _redis = redis;
        Brokers = system.Connection("kafka");
        Archive = NpgsqlDataSource.Create(system.Connection("customerpagesdb"));
        foreach (var service in Databases)
        {
            // a read of everything may take its time
            var settings = new NpgsqlConnectionStringBuilder(
                system.Connection($"{service}db"))
            { CommandTimeout = 600, MaxPoolSize = 10 };
            _databases[service] = NpgsqlDataSource.Create(settings.ConnectionString);
        }
    }

    public string Brokers { get; }

    public IReadOnlyDictionary<string, NpgsqlDataSource> OfServices => _databases;

    public NpgsqlDataSource Orders => _databases["orders"];

    public NpgsqlDataSource Stocks => _databases["stocks"];

    public NpgsqlDataSource Payments => _databases["payments"];

    public NpgsqlDataSource Deliveries => _databases["deliveries"];

    public NpgsqlDataSource Notifications => _databases["notifications"];

    /// <summary>Of customer pages.</summary>
    public NpgsqlDataSource Archive { get; }

    public IDatabase Redis => _redis.GetDatabase();

    public IServer RedisServer => _redis.GetServer(_redis.GetEndPoints()[0]);

    public static async Task<Stores> Open(RunningSystem system)
    {
        var settings = ConfigurationOptions.Parse(system.Connection("redis"));
        settings.SyncTimeout = 60_000;
        return new(system, await ConnectionMultiplexer.ConnectAsync(settings));
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await Archive.DisposeAsync();
        foreach (var database in _databases.Values) await database.DisposeAsync();
    }
}

static class Sql
{
    /// <summary>Streams the rows of a query.</summary>
    public static async IAsyncEnumerable<T> Rows<T>(
        this NpgsqlDataSource database, string sql, Func<NpgsqlDataReader, T> read,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct, params object[] parameters)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(new() { Value = parameter });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) yield return read(reader);
    }

    public static async Task<T> Value<T>(this NpgsqlDataSource database, string sql, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    public static T? Maybe<T>(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? default : row.GetFieldValue<T>(column);

    public static T? Null<T>(this NpgsqlDataReader row, int column)
        where T : struct => row.IsDBNull(column) ? null : row.GetFieldValue<T>(column);
}
