using System.Net;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.ServiceTests.Kernel.RealBroker;

/// <summary>What only several brokers can do: one of them dies, and others lead its partitions.</summary>
[Collection(RealClusterCollection.Name)]
public sealed class RealClusterTests(
    Servers servers, IdentityServer identity, RealCluster cluster, ITestOutputHelper output)
    : RealBrokerFixture(servers, identity, cluster)
{
    // Five seconds on a quiet machine are wanted.
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(20), Steady = TimeSpan.FromSeconds(3);

    [Fact]
    public async Task Events_flow_on_soon_after_another_broker_leads_and_none_is_lost_or_doubled()
    {
        using var stop = new CancellationTokenSource();
        var publishing = PublishUntil(stop.Token);
        await Eventually.Holds("some are counted", () => Query(db => db.Entries.AnyAsync()), Long);
        await Task.Delay(Steady);

        var dead = cluster.Partitions()[0].Leader;
        cluster.Kill(dead);
        await Eventually.Holds("others lead", () => Task.FromResult(
            cluster.Partitions().All(p => p.Leader >= 0 && p.Leader != dead)), Long);
        await FlowsSince(DateTimeOffset.UtcNow, "another broker led");

        await Eventually.Holds("it is back, and has all", () => Task.FromResult(
            cluster.Partitions().All(p => p.InSyncReplicas.Length == 3)), Long);
        await cluster.LeadAsPreferred();
        await Eventually.Holds("it leads again", () => Task.FromResult(
            cluster.Partitions().All(p => p.Leader == p.Replicas[0])), Long);
        await FlowsSince(DateTimeOffset.UtcNow, "the first one led again");

        await stop.CancelAsync();
        await EachOnce(await publishing);
    }

    [Fact]
    public async Task Two_of_three_killed_at_once_hold_events_up_and_lose_none()
    {
        await Publish(50);
        await Counted(50);
        cluster.Kill(1);
        cluster.Kill(2);
        for (var i = 0; i < 5; i++) await Publish(20);

        await EachOnce(150);
    }

    [Fact]
    public async Task Two_of_three_that_answer_nothing_are_no_reason_to_restart_a_service()
    {
        await StopConsumer();
        await StartConsumer($"ledger-{Guid.NewGuid()}", new FastClock(6));
        await Publish(30);
        await Counted(30);
        using var http = new HttpClient { BaseAddress = Consumer!.Address };
        cluster.Freeze(2, 3);
        try
        {
            // A minute and a half of the service's own time.
            await Eventually.StaysTrue("it is alive", async () =>
            {
                using var answer = await http.GetAsync("/alive");
                return answer.StatusCode == HttpStatusCode.OK;
            }, TimeSpan.FromSeconds(18));
        }
        finally
        {
            cluster.GoOn(2, 3);
        }

        await Publish(30);
        await Counted(60);
    }

    /// <summary>What its database refuses meanwhile (a service answers 503 then) is asked for again.</summary>
    async Task<int> PublishUntil(CancellationToken ct)
    {
        var refused = 0;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await Publish(5);
            }
            catch (InvalidOperationException e) when (e.InnerException is NpgsqlException { IsTransient: true })
            {
                refused++;
            }

            await Task.Delay(100, CancellationToken.None);
        }

        output.WriteLine($"{refused} times the database of the publisher was too slow");
        return await OnPublisher(db => db.Set<OutboxMessage>().CountAsync());
    }

    /// <summary>Whatever waited is handled soon after this moment, and what comes then is too.</summary>
    async Task FlowsSince(DateTimeOffset moment, string what)
    {
        await Task.Delay(Steady);
        var until = DateTimeOffset.UtcNow;
        await Eventually.Holds("all from before are handled", async () => !await Missing(until), Long);
        var made = await OnPublisher(db => db.Set<OutboxMessage>().Where(m => m.OccurredAt < until)
            .ToDictionaryAsync(m => m.Id, m => m.OccurredAt));
        var waited = (await Query(db => db.Set<InboxMessage>().ToListAsync())).Where(m => made.ContainsKey(m.Id))
            .Max(m => m.HandledAt - (made[m.Id] > moment ? made[m.Id] : moment));
        output.WriteLine($"{what}: the slowest event was handled {waited.TotalMilliseconds:0} ms after it");
        Assert.True(waited <= Soon, $"{what}: an event waited for {waited}.");
    }

    async Task<bool> Missing(DateTimeOffset until)
    {
        var made = await OnPublisher(db => db.Set<OutboxMessage>().Where(m => m.OccurredAt < until).Select(m => m.Id)
            .ToListAsync());
        var handled = (await Query(db => db.Set<InboxMessage>().Select(m => m.Id).ToListAsync())).ToHashSet();
        return made.Exists(id => !handled.Contains(id));
    }

    async Task EachOnce(int events)
    {
        await Counted(events);
        var mine = (await OnPublisher(db => db.Set<OutboxMessage>().Select(m => m.Id).ToListAsync())).ToHashSet();
        var records = Kafka.Read(Topics.Orders).Where(e => mine.Contains(e.Id)).ToList();
        Assert.Equal((events, events), (records.Count, records.DistinctBy(e => e.Id).Count()));
        Assert.All(records.GroupBy(e => e.Partition), partition =>
            Assert.Equal(partition.Select(e => e.Sequence).Order(), partition.Select(e => e.Sequence)));
    }
}
