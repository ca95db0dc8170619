using System.Diagnostics;
using CarShare.Tests;
using Npgsql;

namespace CarShare.ServiceTests.Hosting;

/// <summary>What <c>local/*.sh</c> promise to whoever starts and stops them.</summary>
public sealed class LocalServerTests
{
    [Theory]
    [InlineData("idle", null)]
    [InlineData("amidst a statement", "SELECT pg_sleep(120)")]
    [InlineData("in a transaction", "BEGIN; CREATE TABLE half_done (id int)")]
    public async Task PostgreSQL_that_is_told_to_stop_does_so_within_seconds_whoever_is_connected(
        string whoever, string? statement)
    {
        var (folder, port) = (ChildProcess.DataFolder("carshare-postgres-"), ChildProcess.FreePort());
        try
        {
            await using var server = Start(folder, port);
            await server.Listens(port);
            await using var source = NpgsqlDataSource.Create(Connection(port));
            await Do(port, "SELECT");
            await using var connection = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
            var asking = statement is null ? Task.CompletedTask : Ask(connection, statement);

            var since = Stopwatch.GetTimestamp();
            await server.Signal("TERM");

            Assert.True(await server.Ends(Eventually.Moment) == 0, $"{whoever}: {server.Output}");
            Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.Zero, Eventually.Moment);
            Assert.Contains("database system is shut down", server.Output, StringComparison.Ordinal);
            await asking;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task PostgreSQL_goes_with_a_script_that_is_killed_and_starts_anew_with_its_data()
    {
        var (folder, port) = (ChildProcess.DataFolder("carshare-postgres-"), ChildProcess.FreePort());
        try
        {
            await using (var killed = Start(folder, port))
            {
                await killed.Listens(port);
                await Do(port, "CREATE TABLE kept (id int)");
                killed.Kill();
            }

            await using var again = Start(folder, port);
            await again.Listens(port);
            await Do(port, "INSERT INTO kept VALUES (1)");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static ChildProcess Start(string folder, int port) => ChildProcess.Start(
        "bash", [Path.Combine(ChildProcess.RepositoryRoot, "local/postgres.sh")], new Dictionary<string, string>
        {
            ["DATA"] = folder,
            ["PORT"] = $"{port}",
            ["PASSWORD"] = "secret",
            ["FSYNC"] = "off",
        });

    static string Connection(int port) =>
        $"Host=127.0.0.1;Port={port};Username=postgres;Password=secret;Database=postgres;Pooling=false";

    static async Task Do(int port, string sql)
    {
        await using var source = NpgsqlDataSource.Create(Connection(port));
        await Eventually.Holds("it takes connections", async () =>
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
            return true;
        });
    }

    /// <summary>Answered, or cut off by the server.</summary>
    static async Task Ask(NpgsqlConnection connection, string statement)
    {
        try
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
        catch (NpgsqlException e)
        {
            Assert.Contains("57P01", e.Message, StringComparison.Ordinal);
        }
    }
}
