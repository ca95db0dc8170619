using CarShare.Tests;
using Npgsql;

[assembly: AssemblyFixture(typeof(CarShare.ServiceTests.Servers))]

namespace CarShare.ServiceTests;

/// <summary>
/// One PostgreSQL and one Redis for the whole run, on free ports and in a folder of their own; each test class gets its
/// own database in it.
/// </summary>
public sealed class Servers : IAsyncLifetime
{
    const string Password = "for-this-run-alone";

    readonly string _folder = ChildProcess.DataFolder("carshare-tests-");
    ChildProcess? _postgres, _redis;

    public int PostgresPort { get; private set; }

    public int RedisPort { get; private set; }

    public string PostgresLog => _postgres!.Output;

    public string Redis => $"127.0.0.1:{RedisPort},password={Password}";

    public string Database(string name) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = PostgresPort,
        Username = "postgres",
        Password = Password,
        Database = name,
        PersistSecurityInfo = true,
        // Every test class has databases, and so pools, of its own: what they no longer use must not add up to all that
        // the server takes.
        ConnectionIdleLifetime = 5,
        ConnectionPruningInterval = 1,
    }.ConnectionString;

    public async ValueTask InitializeAsync()
    {
        PostgresPort = ChildProcess.FreePort();
        RedisPort = ChildProcess.FreePort();
        _postgres = Start("postgres.sh", "postgres", PostgresPort);
        _redis = Start("redis.sh", "redis", RedisPort);
        await _postgres.Listens(PostgresPort, TimeSpan.FromMinutes(1));
        await _redis.Listens(RedisPort);
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null) await _postgres.DisposeAsync();
        if (_redis is not null) await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    ChildProcess Start(string script, string folder, int port) => ChildProcess.Start(
        "bash", [Path.Combine(ChildProcess.RepositoryRoot, "local", script)],
        new Dictionary<string, string>
        {
            ["DATA"] = Path.Combine(_folder, folder),
            ["PORT"] = $"{port}",
            ["PASSWORD"] = Password,
            // no test takes the power away, and a disk that others keep busy is not what is tested
            ["FSYNC"] = "off",
        });
}
