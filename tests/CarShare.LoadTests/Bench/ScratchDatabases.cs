using System.Diagnostics;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;
using Npgsql;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// Empty databases with the services' own schemas beside the system's, on the same server; gone when this is disposed.
/// </summary>
sealed class ScratchDatabases : IAsyncDisposable
{
    const string Prefix = "limit_";

    readonly NpgsqlDataSource _server;
    readonly Dictionary<string, NpgsqlDataSource> _sources, _relays;

    ScratchDatabases(RunningSystem system)
    {
        _server = NpgsqlDataSource.Create(system.Connection("postgres"));
        // Everything a client can do to be fast: statements are prepared, a session is taken over as it is.
        NpgsqlDataSource Source(string name, string settings) =>
            NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(system.Connection("postgres"))
            {
                Database = Prefix + name,
                MaxAutoPrepare = 100,
                AutoPrepareMinUsages = 2,
                NoResetOnClose = true,
                MaxPoolSize = 80,
                Options = settings,
            });
        _sources = Backlog.Databases.ToDictionary(
            name => name, name => Source(name, Persistence.PostgresStore.SessionSettings));
        _relays = Backlog.Databases.ToDictionary(name => name, name =>
            Source(name, $"{Persistence.PostgresStore.SessionSettings} {Messaging.Relay.SessionSettings}"));
    }

    public static async Task<ScratchDatabases> Create(RunningSystem system, CancellationToken ct)
    {
        var scratch = new ScratchDatabases(system);
        foreach (var name in Backlog.Databases) await scratch.OnServer($"CREATE DATABASE {Prefix}{name}", ct);
        await scratch.Migrate(system, ct);
        return scratch;
    }

    public NpgsqlDataSource this[string name] => _sources[name];

    /// <summary>Whose sessions have the settings of the kernel's relay.</summary>
    public NpgsqlDataSource Relay(string name) => _relays[name];

    public async Task Run(string name, string sql, CancellationToken ct)
    {
        await using var command = _sources[name].CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values.Concat(_relays.Values)) await source.DisposeAsync();
        foreach (var name in Backlog.Databases)
            await OnServer($"DROP DATABASE IF EXISTS {Prefix}{name} WITH (FORCE)", CancellationToken.None);
        await _server.DisposeAsync();
    }

    async Task OnServer(string sql, CancellationToken ct)
    {
        await using var command = _server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>By the same program that makes the system's own.</summary>
    async Task Migrate(RunningSystem system, CancellationToken ct)
    {
        var program = Path.Combine(Repository.Root, "services/CarShare.Migrations/bin", Repository.Configuration,
            "net10.0/CarShare.Migrations.dll");
        var start = new ProcessStartInfo("dotnet", [program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["ConnectionStrings__kafka"] = system.Connection("kafka") },
        };
        foreach (var name in Backlog.Databases)
        {
            start.Environment[$"ConnectionStrings__{name}"] =
                new NpgsqlConnectionStringBuilder(
                    system.Connection("postgres"))
                { Database = Prefix + name }.ConnectionString;
        }

        using var migrations = Process.Start(start)!;
        var (output, errors) =
            (migrations.StandardOutput.ReadToEndAsync(ct), migrations.StandardError.ReadToEndAsync(ct));
        await migrations.WaitForExitAsync(ct);
        if (migrations.ExitCode != 0)
            throw new CannotRunException($"The scratch databases got no schema: {await output}{await errors}");
    }
}
