using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Kernel;

/// <summary>The log keeps about 5 MB per partition here; what it drops before it was read is still in the publisher's outbox.</summary>
public sealed class EvictedRecordTests(Servers servers, IdentityServer identity) : KernelFixture(servers, identity)
{
    const int Margin = 5, Missed = 60;
    static readonly string Padding = new('x', 200_000);

    readonly string _publishersDatabase = servers.Database($"publisher_{Guid.NewGuid():N}");

    [Fact]
    public async Task Records_the_log_dropped_unread_are_asked_for_from_behind_the_last_handled_and_take_effect_once()
    {
        await using (var db = new LedgerDb(new DbContextOptionsBuilder<LedgerDb>().UseNpgsql(_publishersDatabase).Options)) await db.Database.EnsureCreatedAsync();
        // The same small service in the role of orders: only its outbox, relay and republish route are at work.
        await using var publisher = await new LedgerService(
            _publishersDatabase, Broker.Address, Publishers.Address, Identity, options => (options.Group, options.Topics) = ("publisher", [Topics.Deliveries])).Start();
        var consumer = await Consumer(publisher);
        await Publish(publisher, Enumerable.Range(1, 60).Select(_ => Cancelled(Guid.NewGuid())));
        await Eventually.Holds("the first ones are counted", async () => await Effects(consumer) == 60);
        await Eventually.Holds("nothing is owed or unsent", async () =>
            await consumer.Query(db => db.Set<ConsumerPosition>().AllAsync(p => p.AskAfter == null)) && await publisher.Query(db => db.Set<OutboxMessage>().AllAsync(m => m.SentAt != null)));
        // What the first start of a consumer asks for is none of this test.
        await publisher.Query(db => db.Set<OutboxMessage>().ExecuteUpdateAsync(m => m.SetProperty(x => x.Attempt, 0)));
        await Stop(consumer);

        var order = Guid.NewGuid();
        await Publish(publisher, Enumerable.Range(1, Missed).Select(number => Cancelled(order, number)));
        await Eventually.Holds("the missed ones are in the log", () => publisher.Query(db => db.Set<OutboxMessage>().AllAsync(m => m.SentAt != null)));
        var missed = await Eventually.Gets("a missed one is seen", () => Task.FromResult(Broker.Seen.FirstOrDefault(e => e.Key == order.ToString())));
        for (var i = 0; i < 60; i++)
            await Broker.PublishRaw(Topics.Orders, order.ToString(), Padding, ("ce_type", "carshare.order.painted.v1"), ("ce_id", $"{Guid.NewGuid()}"), ("ce_sequence", $"{100_000 + i}"));
        var handled = (await LastHandled()).Single(p => p.Partition == missed.Partition);
        var again = await Consumer(publisher);

        await Eventually.Holds("each missed one is counted", async () => await Effects(again, order) == Missed, TimeSpan.FromSeconds(40));
        await Eventually.Holds("nothing is owed", () => again.Query(db => db.Set<ConsumerPosition>().AllAsync(p => p.AskAfter == null)));
        var first = await publisher.Query(db => db.Set<OutboxMessage>().Where(m => m.Attempt > 0).MinAsync(m => m.Sequence));
        Assert.Equal(Math.Max(0, handled.LastSequence - Margin) + 1, first);
        await Eventually.Holds("everything sent again is in the log", () => publisher.Query(db => db.Set<OutboxMessage>().AllAsync(m => m.SentAt != null)));
        await Eventually.StaysTrue("nothing is counted twice", async () => await Effects(again) == 60 + Missed, TimeSpan.FromSeconds(1));
        Assert.Equal(0, await again.Query(db => db.Set<DeadLetter>().CountAsync()));
    }

    Task<LedgerService> Consumer(LedgerService publisher) => Replica(options => options.RepublishMargin = Margin, publisher.Address.ToString());

    static Task<int> Publish(LedgerService publisher, IEnumerable<OrderCancelled> facts) => publisher.Query(db =>
    {
        foreach (var fact in facts) db.Publish(fact);
        return db.SaveChangesAsync();
    });

    async Task<List<ConsumerPosition>> LastHandled()
    {
        await using var db = new LedgerDb(new DbContextOptionsBuilder<LedgerDb>().UseNpgsql(Database).Options);
        return await db.Set<ConsumerPosition>().AsNoTracking().ToListAsync();
    }
}
