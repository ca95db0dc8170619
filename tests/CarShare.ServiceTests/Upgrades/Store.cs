using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CarShare.ServiceTests.Upgrades;

/// <summary>A service's store of its own, looked at from outside.</summary>
sealed class Store<TDb>(Servers servers, params IInterceptor[] interceptors)
    where TDb : DbContext
{
    public string Connection { get; } = servers.Database($"upgrade_{Guid.NewGuid():N}");

    /// <summary>What migrations are run with.</summary>
    public DbContextOptions<TDb> Options => new DbContextOptionsBuilder<TDb>().UseNpgsql(Connection)
        .AddInterceptors(interceptors).Options;

    /// <summary>A context whose commands nobody looks at.</summary>
    public TDb Open() => (TDb)Activator.CreateInstance(
        typeof(TDb), new DbContextOptionsBuilder<TDb>().UseNpgsql(Connection).Options)!;

    /// <summary>As the first release left it.</summary>
    public async Task Begin()
    {
        await using var db = Open();
        await db.GetService<IMigrator>().MigrateAsync("Initial");
    }

    /// <summary>All there is in it but rows, and which of it may not be used.</summary>
    public async Task<List<string>> Shape()
    {
        await using var db = Open();
        return await db.Database.SqlQuery<string>(
            $"""
            SELECT c.table_name || '.' || c.column_name || ' ' || c.udt_name || ' ' || c.is_nullable || ' '
                || coalesce(c.character_maximum_length::text, '') || coalesce(c.column_default, '') AS "Value"
            FROM information_schema.columns AS c WHERE c.table_schema = 'public'
            UNION ALL SELECT pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index
            WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
            UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL SELECT "MigrationId" FROM "__EFMigrationsHistory"
            ORDER BY 1
            """).ToListAsync();
    }
}
