using CarShare.CustomerPages.Data;
using CarShare.Deliveries.Data;
using CarShare.Migrations;
using CarShare.Notifications.Data;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.ServiceDefaults;
using CarShare.Stocks.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CarShare.ServiceTests.Upgrades;

/// <summary>
/// A store is upgraded while its service works: no table is written anew, and two runs at once are as good as one.
/// </summary>
public sealed class OnlineTests(Servers servers)
{
    [Fact]
    public async Task An_upgrade_from_the_first_schema_writes_no_table_anew_and_leaves_every_index_usable()
    {
        await Upgraded<OrdersDb>();
        await Upgraded<StocksDb>();
        await Upgraded<PaymentsDb>();
        await Upgraded<DeliveriesDb>();
        await Upgraded<NotificationsDb>();
        await Upgraded<CustomerPagesDb>();
    }

    [Fact]
    public async Task Cars_and_products_of_before_are_on_offer_afterwards()
    {
        var (options, connection) = Empty<StocksDb>();
        await using var db = new StocksDb(options);
        await db.GetService<IMigrator>().MigrateAsync("Initial");
        var (product, car) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO products (product_id, model_name, hourly_rate, location, total, version, published_total,
                published_available)
            VALUES ({product}, 'Porter', 7000, 'Andong', 1, 1, 1, 1)
            """);
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO vehicles (vehicle_id, product_id, plate, location, state)
                VALUES ({car}, {product}, '90하9090', 'Andong', 'Available')
            """);

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Schemas.Migrate(options, connection, default)));

        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
        Assert.Equal([product], await db.ProductsThatChanged(default));
        var counted = Assert.Single(await db.Recount([product], default));
        Assert.Equal(("Andong", 1), (counted.ShownLocation, counted.PublishedAvailable));
        Assert.Equal(["andong"], counted.Places);
        Assert.Empty(await db.ProductsThatChanged(default));
        Assert.Equal(car, Assert.Single((await db.Reserve(product, Guid.CreateVersion7(), 1, null, default))!.Cars)
            .VehicleId);
    }

    [Fact]
    public async Task Cars_of_before_are_compared_by_plate_however_it_is_spelt_and_two_spellings_of_one_stay()
    {
        var (options, connection) = Empty<StocksDb>();
        await using var db = new StocksDb(options);
        await db.GetService<IMigrator>().MigrateAsync("Initial");
        var product = Guid.CreateVersion7();
        string[] plates =
            ["12가 3456", "ab-12", "ＡＢ—１３", "AB12", "äb-14", "к 015 мм", "éß-16", "ñandú", "ÑANDÚ", "ıi 17"];
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO products (product_id, model_name, hourly_rate, location, total, version, published_total,
                published_available)
            VALUES ({product}, 'Porter', 7000, 'Andong', 10, 1, 10, 10)
            """);
        foreach (var plate in plates)
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO vehicles (vehicle_id, product_id, plate, location, state)
                VALUES ({Guid.CreateVersion7()}, {product}, {plate}, 'Andong', 'Available')
                """);

        for (var run = 0; run < 2; run++) await Schemas.Migrate(options, connection, default);

        var keys = await db.Vehicles.Select(v => new { v.Plate, Key = EF.Property<string?>(v, "PlateKey") })
            .ToDictionaryAsync(v => v.Plate, v => v.Key);
        Assert.All(plates.Except(["AB12", "ñandú"]), plate => Assert.Equal(Text.Identifier(plate), keys[plate]));
        Assert.Null(keys["AB12"]);
        Assert.Null(keys["ñandú"]);
    }

    async Task Upgraded<TDb>()
        where TDb : DbContext
    {
        var (options, connection) = Empty<TDb>();
        await using var db = (TDb)Activator.CreateInstance(typeof(TDb), options)!;
        await db.GetService<IMigrator>().MigrateAsync("Initial");
        var before = await Files(db);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Schemas.Migrate(options, connection, default)));

        var after = await Files(db);
        var tables = after.Select(file => file.Split(' ')[0]).ToHashSet();
        Assert.All(before.Where(file => tables.Contains(file.Split(' ')[0])), file => Assert.Contains(file, after));
        Assert.Empty(await db.Database.SqlQuery<string>(
            $"""SELECT indexrelid::regclass::text AS "Value" FROM pg_index WHERE NOT indisvalid""").ToListAsync());
        Assert.Empty(await db.Database.SqlQuery<string>(
            $"""SELECT conname::text AS "Value" FROM pg_constraint WHERE NOT convalidated""").ToListAsync());
    }

    /// <summary>Which file each table is in; one that is written anew gets another.</summary>
    static Task<List<string>> Files(DbContext db) => db.Database.SqlQuery<string>(
        $"""
        SELECT relname || ' ' || pg_relation_filenode(oid) AS "Value" FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        """).ToListAsync();

    (DbContextOptions<TDb> Options, string Connection) Empty<TDb>()
        where TDb : DbContext
    {
        var connection = servers.Database($"online_{Guid.NewGuid():N}");
        return (new DbContextOptionsBuilder<TDb>().UseNpgsql(connection).Options, connection);
    }
}
