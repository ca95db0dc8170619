using Microsoft.EntityFrameworkCore.Migrations;

namespace CarShare.Persistence;

/// <summary>
/// The steps of a migration that runs while its service works. Each is a transaction of its own, so that no lock
/// outlives its statement; and each may be run again, because a run that ended between two of them begins the migration
/// anew.
/// </summary>
public static class OnlineSteps
{
    /// <summary>
    /// One step. What it makes may be there already (<c>IF NOT EXISTS</c>, <c>OR REPLACE</c>), what it takes away may
    /// be gone, and it reads and writes no table under a lock that keeps others out.
    /// </summary>
    public static void Alone(this MigrationBuilder migration, string sql) =>
        migration.Sql(sql, suppressTransaction: true);

    /// <summary>
    /// An index made while others write. What an interrupted run left behind is no good, and is taken away first.
    /// </summary>
    /// <param name="migration">Whose step it is.</param>
    /// <param name="name">Of the index.</param>
    /// <param name="on">The table, its columns and the condition, as SQL has it behind ON.</param>
    public static void IndexAlone(this MigrationBuilder migration, string name, string on)
    {
        migration.WithoutIndexAlone(name);
        migration.Alone($"CREATE INDEX CONCURRENTLY \"{name}\" ON {on}");
    }

    /// <summary>Without the index, whether or not it is there.</summary>
    public static void WithoutIndexAlone(this MigrationBuilder migration, string name) =>
        migration.Alone($"DROP INDEX CONCURRENTLY IF EXISTS \"{name}\"");
}
