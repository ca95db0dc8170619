using System.Diagnostics;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceTests.Deliveries;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using static CarShare.ServiceTests.Deliveries.DeliveriesFixture;

namespace CarShare.ServiceTests.Sagas;

/// <summary>
/// A replica stops in the middle of a batch without dying: its locks, its partitions and its lead of the relay must
/// pass to others.
/// </summary>
public sealed class FrozenReplicaTests(DeliveriesFixture deliveries, ITestOutputHelper output)
    : IClassFixture<DeliveriesFixture>
{
    static readonly TimeSpan Allowed = TimeSpan.FromSeconds(15), Frozen = TimeSpan.FromSeconds(20);

    readonly Dictionary<Guid, DateTime> _published = [];

    [Fact] // N6
    public async Task A_replica_frozen_inside_a_batch_blocks_nobody_for_long_and_nothing_is_lost_or_done_twice()
    {
        var starting = deliveries.StartProcess("other");
        await using var frozen = await deliveries.StartProcess("frozen");
        await using var other = await starting;
        // Both processes lead and work from here on; the one in this process is gone.
        await deliveries.StopReplicas();
        await using var store = await deliveries.Connect();

        await PublishSome(200);
        await Announced(store);
        await Freeze(frozen, store);
        var late = DateTime.UtcNow;
        var since = Stopwatch.GetTimestamp();
        try
        {
            await Eventually.Holds("the freeze is over", async () =>
            {
                await PublishSome(5);
                return Stopwatch.GetElapsedTime(since) > Frozen;
            }, Frozen + Allowed);
        }
        finally
        {
            await frozen.Signal("CONT");
        }

        await PublishSome(100);
        await Announced(store);

        var (handled, announced) = await LongestWaits(store, late);
        output.WriteLine(
            $"{_published.Count} orders; with one of two replicas frozen the longest wait was "
            + $"{handled.TotalSeconds:N1} s until handled and {announced.TotalSeconds:N1} s until announced");
        Assert.InRange(announced, TimeSpan.Zero, Allowed);
        Assert.Equal(
            _published.Count, await Count(store, "SELECT count(*) FROM deliveries WHERE status = 'Preparing'"));
        Assert.Equal(_published.Count, await Count(store, "SELECT sum(jsonb_array_length(history)) FROM deliveries"));
        Assert.Equal(_published.Count, await Count(store, "SELECT count(*) FROM outbox"));
        await Eventually.Holds(
            "each is announced, once", () => Task.FromResult(deliveries.Broker.Published<DeliveryPreparing>()
                .Select(e => e.OrderId).ToHashSet().SetEquals(_published.Keys)));
        Assert.Equal(_published.Count, deliveries.Broker.Published<DeliveryPreparing>().Count);
    }

    /// <summary>
    /// Stops the process again and again until it stands in an open transaction that has already written.
    /// </summary>
    async Task Freeze(ChildProcess process, NpgsqlConnection store)
    {
        await Eventually.Holds("the replica stands still inside a batch", async () =>
        {
            await PublishSome(25);
            await process.Signal("STOP");
            const string Inside =
                """
                SELECT count(*) FROM pg_stat_activity WHERE application_name = 'frozen'
                    AND state = 'idle in transaction' AND backend_xid IS NOT NULL
                """;
            if (await Count(store, Inside) > 0) return true;
            await process.Signal("CONT");
            return false;
        }, TimeSpan.FromMinutes(1));
    }

    async Task PublishSome(int count)
    {
        var orders = Enumerable.Range(0, count).Select(_ => Order()).ToList();
        foreach (var order in orders) _published.Add(order.OrderId, DateTime.UtcNow);
        await Task.WhenAll(orders.Select(order => deliveries.Broker.Publish(order)));
    }

    Task Announced(NpgsqlConnection store) => Eventually.Holds("everything is handled and announced", async () =>
        await Count(store, "SELECT count(*) FROM outbox WHERE sent_at IS NOT NULL") == _published.Count,
            TimeSpan.FromSeconds(40));

    async Task<(TimeSpan Handled, TimeSpan Announced)> LongestWaits(NpgsqlConnection store, DateTime since)
    {
        await using var command = new NpgsqlCommand("SELECT key, occurred_at, sent_at FROM outbox", store);
        await using var reader = await command.ExecuteReaderAsync();
        var waits = new List<(TimeSpan Handled, TimeSpan Announced)>();
        while (await reader.ReadAsync())
        {
            var published = _published[Guid.Parse(reader.GetString(0))];
            if (published > since - TimeSpan.FromSeconds(1))
                waits.Add((reader.GetDateTime(1) - published, reader.GetDateTime(2) - published));
        }

        return (waits.Max(w => w.Handled), waits.Max(w => w.Announced));
    }

    static async Task<long> Count(NpgsqlConnection store, string sql)
    {
        await using var command = new NpgsqlCommand(sql, store);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
