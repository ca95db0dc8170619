using CarShare.Contracts;
using CarShare.Deliveries.Features;
using CarShare.ServiceDefaults;
using CarShare.ServiceTests.Plans;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Deliveries;

public sealed class PlanTests(DeliveriesFixture deliveries) : IClassFixture<DeliveriesFixture>
{
    [Fact]
    public async Task Looking_for_a_status_that_few_or_no_deliveries_have_reads_few()
    {
        await deliveries.Query(db => db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO deliveries (order_id, delivery_id, customer_id, address, vehicles, revision, history, status,
                changed_at)
            SELECT gen_random_uuid(), gen_random_uuid(), 'plan-' || n % 100, 'Plan', '[]', 1, '[]',
                   CASE WHEN n % 4000 = 0 THEN 'Retrieved' ELSE 'Delivered' END, now()
            FROM generate_series(1, 20000) AS n
            """));
        await deliveries.Query(db => db.Database.ExecuteSqlAsync($"ANALYZE deliveries"));
        await deliveries.Query(async db =>
        {
            var (staff, customer) = (new CurrentUser(null, true), new CurrentUser("plan-7", false));
            foreach (var status in Enum.GetValues<DeliveryStatus>())
            {
                Assert.InRange(await Plan.RowsRead(db, db.List(staff, status, null).Take(21)), 0, 100);
                // A customer's own are few.
                Assert.InRange(await Plan.RowsRead(db, db.List(customer, status, null).Take(21)), 0, 300);
            }

            Assert.InRange(await Plan.RowsRead(db, db.List(staff, null, null).Take(21)), 1, 100);
            return true;
        });
    }
}
