using System.Globalization;
using CarShare.Contracts;
using CarShare.Notifications.Data;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.ServiceTests.Notifications;

/// <summary>Nothing else may run beside a measurement.</summary>
[CollectionDefinition(nameof(ThroughputTests), DisableParallelization = true)]
public sealed class ThroughputCollection : ICollectionFixture<InboxOnlyFixture>;

/// <summary>Notifications whose only channel is the inbox, as delivered.</summary>
public sealed class InboxOnlyFixture(Servers servers, IdentityServer identity)
    : ServiceFixture<NotificationsDb>(servers, identity, "notificationsdb");

[Collection(nameof(ThroughputTests))]
public sealed class ThroughputTests(InboxOnlyFixture notifications, ITestOutputHelper output)
{
    const int First = 200, Count = 15_000;

    const string Read = "SELECT count(*)::float8 FROM inbox";

    // A batch's rows carry the time its transaction began, so the last batch marks the end of those before it.
    const string Rate =
        """
        WITH batches AS (SELECT handled_at, count(*) AS events
            FROM (SELECT handled_at FROM inbox ORDER BY handled_at DESC LIMIT $1) AS latest GROUP BY handled_at),
             ends AS (SELECT min(handled_at) AS first, max(handled_at) AS last FROM batches)
        SELECT ((SELECT sum(events) FROM batches, ends WHERE handled_at < last)
            / extract(epoch FROM last - first))::float8 FROM ends
        """;

    /// <summary>
    /// The backlog is there before the service starts, so that the rate is the consumer's own and not that of whoever
    /// publishes.
    /// </summary>
    [Fact]
    public async Task A_backlog_of_fifteen_thousand_events_is_stored_each_event_once()
    {
        // what a new service has missed, it reads from the publisher; these give it its places in the log
        await Publish(First);
        await Eventually.Holds(
            "the first events are read", async () => await Ask(Read) == First, TimeSpan.FromMinutes(1));
        await notifications.StopReplicas();
        await Publish(Count);
        await notifications.StartReplica();
        await Eventually.Holds(
            "the backlog is read", async () => await Ask(Read) == First + Count, TimeSpan.FromMinutes(2));
        Assert.Equal(First + Count, await notifications.Query(db => db.Notifications.CountAsync()));
        var rate = await Ask(Rate, Count);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"notifications: {rate:N0} events/s"));
    }

    Task Publish(int count) => Task.WhenAll(
        Enumerable.Range(0, count)
            .Select(i => notifications.Broker.Publish(NotificationsFixture.Payment($"customer-{i % 100}"))));

    async Task<double> Ask(string sql, params object[] arguments)
    {
        await using var store = await notifications.Connect();
        await using var command = new NpgsqlCommand(sql, store);
        foreach (var argument in arguments) command.Parameters.Add(new() { Value = argument });
        return (double)(await command.ExecuteScalarAsync())!;
    }
}
