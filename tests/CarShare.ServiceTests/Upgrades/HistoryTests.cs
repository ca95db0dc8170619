using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Orders.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CarShare.ServiceTests.Upgrades;

/// <summary>
/// Histories had tables of their own once: what is stored there stays known, and so does what services of before still
/// write there while they are replaced.
/// </summary>
public sealed class HistoryTests(Servers servers)
{
    static readonly DateTimeOffset Start = new(2026, 11, 21, 23, 59, 58, 123, TimeSpan.Zero);
    static readonly Guid Old = Guid.CreateVersion7(), Later = Guid.CreateVersion7(), Silent = Guid.CreateVersion7();

    [Fact]
    public async Task An_orders_history_comes_along()
    {
        await using var db = Open<OrdersDb>(servers);
        await Place(Old);
        await Step(Old, "Placed", 1, null);
        // The clock went back: the order of the steps is theirs, not the times'.
        await Step(Old, "Cancelled", 0, "Customer");
        await db.GetService<IMigrator>().MigrateAsync("HistoryInItsRow");
        await Place(Later);
        await Step(Later, "Rejected", 2, "OutOfStock");
        // As the old service saved: the step first, then the row, if it still has the version that was read.
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            var version = await db.Database.SqlQuery<string>(
                $"""SELECT xmin::text AS "Value" FROM orders WHERE order_id = {Old} FOR UPDATE""").SingleAsync();
            await Step(Old, "Cancelled", 3, "Again");
            Assert.Equal(1, await db.Database.ExecuteSqlAsync(
                $"UPDATE orders SET status = 'Cancelled' WHERE order_id = {Old} AND xmin = {version}::xid"));
            await transaction.CommitAsync();
        }

        // Nobody of before is left: the table goes.
        await db.Database.MigrateAsync();

        var history = await db.Orders.ToDictionaryAsync(o => o.OrderId, o => o.History);

        Assert.Equal(
            [new(OrderStatus.Pending, Start, null), new(OrderStatus.Placed, Start.AddSeconds(1), null), new(
                OrderStatus.Cancelled, Start, "Customer"), new(OrderStatus.Cancelled, Start.AddSeconds(3), "Again")],
            history[Old]);
        Assert.Equal(
            [new(OrderStatus.Pending, Start, null), new(OrderStatus.Rejected, Start.AddSeconds(2), "OutOfStock")],
            history[Later]);

        Task Place(Guid id) => db.Database.ExecuteSqlAsync(
            $"""
            WITH taken AS (
                INSERT INTO orders (order_id, customer_id, idempotency_key, request_hash, product_id, quantity, hours,
                    delivery_address, vehicles, revision, status, attempts, created_at)
                VALUES ({id}, 'alice', {id.ToString()}, '', {id}, 1, 1, 'Seoul', '[]', 0, 'Pending', 1, {Start})
                    RETURNING order_id, created_at)
            INSERT INTO order_history (order_id, status, at) SELECT order_id, 'Pending', created_at FROM taken
            """);
        Task Step(Guid id, string status, int seconds, string? reason) =>
            db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO order_history (order_id, status, at, reason)
                    VALUES ({id}, {status}, {Start.AddSeconds(seconds)}, {reason})
                """);
    }

    [Fact]
    public async Task A_deliverys_history_comes_along()
    {
        await using var db = Open<DeliveriesDb>(servers);
        foreach (var id in new[] { Old, Silent })
            await db.Database.ExecuteSqlAsync(
                $"INSERT INTO deliveries (order_id, vehicles, revision) VALUES ({id}, '[]', 0)");
        await Step(Old, "Dispatched", 1);
        await Step(Old, "Preparing", 0);
        await db.GetService<IMigrator>().MigrateAsync("HistoryInItsRow");
        await Step(Old, "Delivered", 2);
        // Nobody of before is left: the table goes.
        await db.Database.MigrateAsync();

        var history = await db.Deliveries.ToDictionaryAsync(d => d.OrderId, d => d.History);

        Assert.Equal([new(DeliveryStatus.Preparing, Start), new(DeliveryStatus.Dispatched, Start.AddSeconds(1)), new(
            DeliveryStatus.Delivered, Start.AddSeconds(2))], history[Old]);
        Assert.Empty(history[Silent]);

        Task Step(Guid id, string status, int seconds) => db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO delivery_history (order_id, status, at) VALUES ({id}, {status}, {Start.AddSeconds(seconds)})
            """);
    }

    /// <summary>A store as the first migration makes it.</summary>
    static T Open<T>(Servers servers)
        where T : DbContext
    {
        // Another time zone than that of the texts in the row.
        var options = new DbContextOptionsBuilder<T>()
            .UseNpgsql(servers.Database($"history_{Guid.NewGuid():N}") + ";Timezone=Asia/Seoul").Options;
        var db = (T)Activator.CreateInstance(typeof(T), options)!;
        db.GetService<IMigrator>().Migrate("Initial");
        return db;
    }
}
