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
public sealed class InboxOnlyFixture(Servers servers, IdentityServer identity) : ServiceFixture<NotificationsDb>(servers, identity, "notificationsdb");

[Collection(nameof(ThroughputTests))]
public sealed class ThroughputTests(InboxOnlyFixture notifications, ITestOutputHelper output)
{
    const int Count = 15_000, Wanted = 3_000, Rounds = 5;

    const string Read = "SELECT coalesce(sum(next_offset), 0)::float8 FROM consumer_positions";

    // A batch's rows carry the time its transaction began, so the last batch marks the end of those before it.
    const string Rate =
        """
        WITH batches AS (SELECT handled_at, count(*) AS events FROM (SELECT handled_at FROM inbox ORDER BY handled_at DESC LIMIT $1) AS latest GROUP BY handled_at),
             ends AS (SELECT min(handled_at) AS first, max(handled_at) AS last FROM batches)
        SELECT ((SELECT sum(events) FROM batches, ends WHERE handled_at < last) / extract(epoch FROM last - first))::float8 FROM ends
        """;

    /// <summary>The backlog is there before the service starts, so that the rate is the consumer's own and not that of whoever publishes.</summary>
    [Fact]
    public async Task Three_thousand_events_a_second_are_each_stored_once()
    {
        var rates = new List<double>();
        do
        {
            var read = await Ask(Read);
            await notifications.StopReplicas();
            await Task.WhenAll(Enumerable.Range(0, Count).Select(i => notifications.Broker.Publish(NotificationsFixture.Payment($"customer-{i % 100}"))));
            await notifications.StartReplica();
            await Eventually.Holds("the backlog is read", async () => await Ask(Read) == read + Count, TimeSpan.FromMinutes(1));
            rates.Add(await Ask(Rate, Count));
            Assert.Equal(rates.Count * Count, await notifications.Query(db => db.Notifications.CountAsync()));
        }
        while (rates[^1] < Wanted && rates.Count < Rounds);

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"notifications: {string.Join(", ", rates.Select(rate => $"{rate:N0}"))} events/s, each of {Count:N0} events stored once"));
        Assert.True(rates.Max() >= Wanted, $"Only {rates.Max():N0} events/s.");
    }

    async Task<double> Ask(string sql, params object[] arguments)
    {
        await using var store = await notifications.Connect();
        await using var command = new NpgsqlCommand(sql, store);
        foreach (var argument in arguments) command.Parameters.Add(new() { Value = argument });
        return (double)(await command.ExecuteScalarAsync())!;
    }
}
