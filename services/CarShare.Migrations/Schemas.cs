using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.Migrations;

/// <summary>Creates a service's database and applies its migrations. Safe when run twice at once: the second run waits, then finds nothing to do.</summary>
static class Schemas
{
    public static Task Migrate<TDb>(IConfiguration configuration, string name, ILogger logger, CancellationToken ct)
        where TDb : DbContext
    {
        var connection = configuration.GetConnectionString(name) ?? throw new InvalidOperationException($"Connection string '{name}' is missing.");
        // No lock timeout here: a second run has to wait for the first one's lock on the migrations history.
        var options = new DbContextOptionsBuilder<TDb>().UseNpgsql(connection, npgsql => npgsql.CommandTimeout(600)).Options;
        return Patience.Retry($"schema of {name}", async () =>
        {
            await using var db = (TDb)Activator.CreateInstance(typeof(TDb), options)!;
            await db.Database.MigrateAsync(ct);
        }, Passes, logger, ct);
    }

    // Two runs may both find the database or its history table missing; the slower one then tries again.
    static bool Passes(Exception error) => DatabaseFaults.IsUnavailable(error) || Transactions.IsConflict(error) ||
        error is NpgsqlException and not PostgresException ||
        error is PostgresException { SqlState: PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.ObjectInUse };
}
