using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Kernel;

public sealed class LostBrokerTests(Servers servers, IdentityServer identity) : KernelFixture(servers, identity)
{
    [Fact]
    public async Task A_broker_that_forgot_everything_is_noticed_and_the_publisher_is_asked_from_a_margin_before_the_last_handled()
    {
        var service = await Replica();
        // Enough that every partition has a record, so nothing has to be asked from the very beginning.
        for (var i = 1; i <= 60; i++) await Broker.Publish(Cancelled(Guid.NewGuid()), sequence: 5_000 + i);
        await Eventually.Holds("60 counted", async () => await Effects(service) == 60);
        await Eventually.Holds("every new partition was asked for", () => Task.FromResult(!Publishers.Asked.IsEmpty));
        await Eventually.Holds("nothing owed", async () => await service.Query(db => db.Set<ConsumerPosition>().AllAsync(p => p.AskAfter == null)));
        Publishers.Asked.Clear();

        await Broker.Kill();
        await Broker.Start();
        var after = Guid.NewGuid();
        await Broker.Publish(Cancelled(after), sequence: 6_000);

        await Eventually.Holds("the new log is read", async () => await Effects(service, after) == 1, TimeSpan.FromSeconds(40));
        await Eventually.Holds("the publisher is asked", () => Task.FromResult(!Publishers.Asked.IsEmpty));
        Assert.Equal([LedgerService.Client], Publishers.Callers.Keys);
        Assert.All(Publishers.Asked, asked => Assert.InRange(asked, 4_001, 4_060));
        Assert.Equal(61, await Effects(service));
    }

    [Fact]
    public async Task A_broker_that_forgets_again_before_the_gap_is_filled_makes_the_consumer_ask_for_the_same_gap_again()
    {
        var service = await Replica();
        for (var i = 1; i <= 60; i++) await Broker.Publish(Cancelled(Guid.NewGuid()), sequence: 5_000 + i);
        await Eventually.Holds("60 counted", async () => await Effects(service) == 60);
        for (var loss = 1; loss <= 2; loss++)
        {
            await Eventually.Holds("nothing owed", async () => await service.Query(db => db.Set<ConsumerPosition>().AllAsync(p => p.AskAfter == null)));
            Publishers.Asked.Clear();
            await Broker.Kill();
            await Broker.Start();
            // What is new comes first; the publisher has agreed to send the gap, and never does.
            for (var i = 1; i <= 60; i++) await Broker.Publish(Cancelled(Guid.NewGuid()), sequence: (10_000 * loss) + i);
            await Eventually.Holds("the new log is read", async () => await Effects(service) == 60 + (60 * loss), TimeSpan.FromSeconds(40));
            await Eventually.Holds("the publisher is asked", () => Task.FromResult(!Publishers.Asked.IsEmpty));
            Assert.All(Publishers.Asked, asked => Assert.InRange(asked, 4_001, 4_060));
        }
    }

    // C2
    [Fact]
    public async Task Nothing_committed_is_lost_when_the_broker_is_away_and_forgets()
    {
        var service = await Replica();
        await Broker.Kill();
        await service.Query(async db =>
        {
            foreach (var order in Enumerable.Range(0, 40)) db.Publish(new PaymentRefunded(Guid.NewGuid(), "alice", DateTimeOffset.UtcNow, Guid.NewGuid(), order));
            return await db.SaveChangesAsync();
        });
        await Broker.Start();
        await Eventually.Holds("40 refunds are sent", () => Task.FromResult(Broker.Published<PaymentRefunded>().Count == 40), TimeSpan.FromSeconds(40));
        await Eventually.Holds("the outbox is empty", () => service.Query(db => db.Set<OutboxMessage>().AllAsync(m => m.SentAt != null)));

        await Broker.Kill();
        await Broker.Start();
        var before = Broker.Seen.Count;
        using var http = As("stocks", service);
        using var answer = await http.PostAsJsonAsync("/internal/events/republish", new RepublishRequest(20));
        Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);

        await Eventually.Holds("20 of them are sent again", () => Task.FromResult(Broker.Seen.Count >= before + 20), TimeSpan.FromSeconds(40));
        Assert.Equal(40, Broker.Published<PaymentRefunded>().Count);
    }

    [Fact]
    public async Task A_new_service_asks_for_the_whole_past_and_goes_on_asking_after_a_restart()
    {
        await Publishers.DisposeAsync();
        var service = await Replica();
        await Eventually.Holds("every partition owes an ask", async () => await service.Query(db => db.Set<ConsumerPosition>().CountAsync(p => p.AskAfter == 0)) == Topics.Partitions);
        await Stop(service);
        var again = await Replica();
        await Eventually.StaysTrue("still owed", async () => await again.Query(db => db.Set<ConsumerPosition>().CountAsync(p => p.AskAfter == 0)) == Topics.Partitions, TimeSpan.FromSeconds(2));
    }
}
