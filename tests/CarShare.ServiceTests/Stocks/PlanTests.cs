using CarShare.Contracts;
using CarShare.ServiceTests.Plans;
using CarShare.Stocks.Features;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Stocks;

/// <summary>No filter that anyone may send reads the whole fleet.</summary>
[Collection("Stocks")]
public sealed class PlanTests(StocksFixture stocks)
{
    const double Few = 200;

    static readonly Guid Old = new("00000000-0000-7000-8000-000000000000"),
        Model = new("00000000-0000-7000-8000-0000000000ff");

    [Fact]
    public async Task Each_filter_of_products_and_cars_reads_about_what_it_answers()
    {
        await Fill();
        await stocks.Query(async db =>
        {
            async Task<double> Products(string? location = null, decimal? rate = null, bool? available = null,
                Guid? after = null) =>
                await Plan.RowsRead(db, db.Offered(location, rate, available, after).Take(21));
            Assert.InRange(await Products(), 1, Few);
            Assert.InRange(await Products(location: "no such place"), 0, Few);
            Assert.InRange(await Products(rate: 3), 0, Few);
            Assert.InRange(await Products(available: false), 1, Few);
            Assert.InRange(await Products(available: true, after: Model), 0, Few);
            foreach (var state in Enum.GetValues<VehicleState>())
            {
                var cars = db.Vehicles.AsNoTracking().Where(v => v.ProductId == Model).Shown(state)
                    .OrderByDescending(v => v.VehicleId).Take(21);
                Assert.InRange(await Plan.RowsRead(db, cars), 0, Few);
            }

            return true;
        });
    }

    /// <summary>Models older than all others, without a car, but for one that has many in two states.</summary>
    async Task Fill()
    {
        await stocks.Query(db => db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO products (product_id, model_name, hourly_rate, location, total, version, published_total,
                published_available, shown_location, places)
            SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Plan ' || n, 50000 + n, 'Plan', 0, 1,
                0, 0, 'Plan', ARRAY['plan']
            FROM generate_series(1000, 6000) AS n ON CONFLICT DO NOTHING
            """));
        await stocks.Query(db => db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO products (product_id, model_name, hourly_rate, location, total, version, published_total,
                published_available, shown_location, places)
            VALUES ({Model}, 'Plan', 50000, 'Plan', 5000, 1, 5000, 4000, 'Plan', ARRAY['plan']) ON CONFLICT DO NOTHING
            """));
        await stocks.Query(db => db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO vehicles (vehicle_id, product_id, plate, location, state)
            SELECT gen_random_uuid(), {Model}, 'plan-' || n, 'Plan', CASE WHEN n % 5 = 0 THEN 'Defective'
                ELSE 'Available' END FROM generate_series(1, 5000) AS n
            ON CONFLICT DO NOTHING
            """));
        await stocks.Query(db => db.Database.ExecuteSqlAsync($"ANALYZE products, vehicles"));
        Assert.True(Old < Model);
    }
}
