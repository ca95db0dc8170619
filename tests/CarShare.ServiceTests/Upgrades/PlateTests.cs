using CarShare.Orders.Data;
using CarShare.Orders.Features;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CarShare.ServiceTests.Upgrades;

/// <summary>Orders are found by the plates of the cars they have, whoever wrote them and when.</summary>
public sealed class PlateTests(Servers servers)
{
    [Fact]
    public async Task An_order_of_before_or_of_a_service_of_before_is_found_by_its_cars_and_not_by_those_it_gave_back()
    {
        var store = new Store<OrdersDb>(servers);
        await using var db = store.Open();
        await db.GetService<IMigrator>().MigrateAsync("OrdersByPlateInOneCase");
        var (before, none) = (await Place("12가 3456", "ab-1"), await Place());
        await db.Database.MigrateAsync();

        Assert.Equal([before], await Found("12가3456"));
        Assert.Equal([before], await Found("AB1"));

        // As a service of before places an order, gives it other cars, and follows it.
        var later = await Place();
        await Give(later, "ab1");
        await Give(before, "34나5678", "AB-1");
        await db.Database.ExecuteSqlAsync($"UPDATE orders SET status = 'Returned' WHERE order_id = {before}");

        Assert.Empty(await Found("12가3456"));
        Assert.Equal([before], await Found("34나 5678"));
        Assert.Equal([later, before], await Found("ab1"));
        await Give(later);
        await Give(none, "ab1", "ab 1");
        Assert.Equal([none, before], await Found("ab1"));

        async Task<Guid> Place(params string[] plates)
        {
            var id = Guid.CreateVersion7();
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO orders (order_id, customer_id, idempotency_key, request_hash, product_id, quantity, hours,
                    delivery_address, vehicles, revision, history, status, attempts)
                VALUES ({id}, 'alice', {id.ToString()}, '', {id}, 1, 1, 'Seoul',
                    (SELECT coalesce(jsonb_agg(jsonb_build_object('vehicleId', {id}, 'plate', plate)), '[]')
                     FROM unnest({plates}) AS plate), 0, '[]', 'Placed', 1)
                """);
            return id;
        }

        Task Give(Guid id, params string[] plates) => db.Database.ExecuteSqlAsync(
            $"""
            UPDATE orders SET vehicles = (
                SELECT coalesce(jsonb_agg(jsonb_build_object('vehicleId', {id}, 'plate', plate)), '[]')
                FROM unnest({plates}) AS plate) WHERE order_id = {id}
            """);

        Task<List<Guid>> Found(string plate) => new ReadOrders(db)
            .Matching(new(null, null, plate, null, null), new CurrentUser(null, IsOperator: true), null)
            .Select(o => o.OrderId).ToListAsync();
    }
}
