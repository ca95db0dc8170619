using System.Data.Common;
using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Migrations;
using CarShare.Notifications.Data;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.Stocks.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace CarShare.ServiceTests.Upgrades;

/// <summary>An upgrade that was killed, or ran out of time, is gone on with by the next run.</summary>
public sealed class InterruptedTests(Servers servers)
{
    [Fact]
    public async Task A_run_that_ends_behind_any_of_its_statements_is_gone_on_with_by_the_next_one()
    {
        await Interrupted<OrdersDb>();
        await Interrupted<StocksDb>();
        await Interrupted<PaymentsDb>();
        await Interrupted<DeliveriesDb>();
        await Interrupted<NotificationsDb>();
    }

    [Fact]
    public async Task What_an_order_went_through_is_known_once_however_often_its_upgrade_was_interrupted()
    {
        var order = Guid.CreateVersion7();
        var store = new Store<OrdersDb>(servers, new EndBehindEach());
        await store.Begin();
        await using var db = store.Open();
        await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO orders (order_id, customer_id, idempotency_key, request_hash, product_id, quantity, hours,
                delivery_address, vehicles, revision, status, attempts, created_at)
            VALUES ({order}, 'alice', 'key', '', {order}, 1, 1, 'Seoul', '[]', 0, 'Placed', 1, now());
            INSERT INTO order_history (order_id, status, at) VALUES ({order}, 'Pending', now());
            """);
        var isLater = false;

        await RunToTheEnd(store, async done =>
        {
            // As a service of before does it, as soon as what it writes is to be copied.
            if (isLater || !done.Contains("CREATE CONSTRAINT TRIGGER", StringComparison.Ordinal)) return;
            isLater = true;
            await db.Database.ExecuteSqlAsync(
                $"INSERT INTO order_history (order_id, status, at) VALUES ({order}, 'Placed', now())");
        });

        Assert.True(isLater);
        Assert.Equal([OrderStatus.Pending, OrderStatus.Placed],
            (await db.Orders.SingleAsync(o => o.OrderId == order)).History.Select(step => step.Status));
    }

    [Fact]
    public async Task A_car_that_came_back_between_two_runs_is_nobodys()
    {
        var (left, back) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var store = new Store<DeliveriesDb>(servers, new EndBehindEach());
        await store.Begin();
        await using var db = store.Open();
        foreach (var order in new[] { left, back })
            await db.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO deliveries (order_id, vehicles, revision, status, changed_at) VALUES ({order},
                    jsonb_build_array(jsonb_build_object('vehicleId', {order}::uuid)), 0, 'Retrieving', now())
                """);

        await RunToTheEnd(store, async done =>
        {
            if (done.Contains("INSERT INTO cars_under_way", StringComparison.Ordinal))
                await db.Database.ExecuteSqlAsync(
                    $"UPDATE deliveries SET status = 'Retrieved' WHERE order_id = {back}");
        });

        Assert.Equal([left], await db.CarsUnderWay.Select(car => car.VehicleId).ToListAsync());
    }

    async Task Interrupted<TDb>()
        where TDb : DbContext
    {
        var (whole, inPieces) = (new Store<TDb>(servers), new Store<TDb>(servers, new EndBehindEach()));
        await Schemas.Migrate(whole.Options, whole.Connection, default);
        await RunToTheEnd(inPieces, _ => Task.CompletedTask);
        Assert.Equal(await whole.Shape(), await inPieces.Shape());
    }

    /// <summary>Run after run, each of which gets by one statement further than the one before it.</summary>
    static async Task RunToTheEnd<TDb>(Store<TDb> store, Func<string, Task> afterwards)
        where TDb : DbContext
    {
        while (true)
        {
            try
            {
                await Schemas.Migrate(store.Options, store.Connection, default);
                return;
            }
            catch (EndOfRun end)
            {
                await using var db = store.Open();
                // An index is of no use when its making was ended.
                if (end.Message.Contains("INDEX CONCURRENTLY", StringComparison.Ordinal)
                    && !end.Message.StartsWith("DROP", StringComparison.Ordinal))
                    Assert.Equal(1, await db.Database.ExecuteSqlAsync(
                        $"""
                        UPDATE pg_index SET indisvalid = false
                        WHERE indexrelid = (SELECT max(indexrelid) FROM pg_index)
                        """));
                await afterwards(end.Message);
            }
        }
    }

    /// <summary>Ends the run behind each statement, the first time that it comes by.</summary>
    sealed class EndBehindEach : DbCommandInterceptor
    {
        readonly HashSet<string> _seen = [];

        public override ValueTask<int> NonQueryExecutedAsync(
            DbCommand command, CommandExecutedEventData eventData, int result,
            CancellationToken cancellationToken = default) =>
            _seen.Add(command.CommandText) ? throw new EndOfRun(command.CommandText) : ValueTask.FromResult(result);
    }

    sealed class EndOfRun(string statement) : Exception(statement);
}
