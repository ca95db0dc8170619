using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.Migrations;

/// <summary>
/// Creates a service's database and applies its migrations. Safe when run twice at once: the second run waits, then
/// finds nothing to do.
/// </summary>
static class Schemas
{
    // Any number will do, as long as all runs agree.
    const long Turn = 0x6361_7273_6861_7265;

    public static Task Migrate<TDb>(IConfiguration configuration, string name, ILogger logger, CancellationToken ct)
        where TDb : DbContext
    {
        var connection = configuration.GetConnectionString(name)
            ?? throw new InvalidOperationException($"Connection string '{name}' is missing.");
        var options = new DbContextOptionsBuilder<TDb>().UseNpgsql(connection, npgsql => npgsql.CommandTimeout(600))
            .Options;
        return Patience.Retry($"schema of {name}", () => Migrate(options, connection, ct), Passes, logger, ct);
    }

    internal static async Task Migrate<TDb>(DbContextOptions<TDb> options, string connection, CancellationToken ct)
        where TDb : DbContext
    {
        await using var turn = await AcquireLock(connection, ct);
        await using var db = (TDb)Activator.CreateInstance(typeof(TDb), options)!;
        await db.Database.MigrateAsync(ct);
    }

    /// <summary>
    /// The lock on the migrations history is let go where a step runs outside a transaction, such as an index made
    /// while the service works; this one lasts for the whole run. Asked for again and again: who waits inside the
    /// server would hold up the making of the very index.
    /// </summary>
    /// <returns>What ends the turn; null while there is no database to take turns at.</returns>
    static async Task<NpgsqlConnection?> AcquireLock(string connection, CancellationToken ct)
    {
        var session = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ConnectionString);
        try
        {
            await session.OpenAsync(ct);
            await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1)",
                session)
            { Parameters = { new() { Value = Turn } } };
            while (await command.ExecuteScalarAsync(ct) is not true) await Task.Delay(TimeSpan.FromMilliseconds(100),
                ct);
            return session;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await session.DisposeAsync();
            return null;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    // Two runs may both find the database or its history table missing; the slower one then tries again.
    static bool Passes(Exception error) => Faults.Passes(error) || error is NpgsqlException and not PostgresException ||
        error is PostgresException
        {
            SqlState: PostgresErrorCodes.DuplicateDatabase
            or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateTable
            or PostgresErrorCodes.ObjectInUse
        };
}
