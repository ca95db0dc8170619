using System.Net;
using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Kernel;

/// <summary>
/// The outbox remembers, the broker is disposable: what the log cannot tell any more is read from the publisher.
/// </summary>
public sealed class CatchUpTests(Servers servers, IdentityServer identity) : KernelFixture(servers, identity)
{
    static readonly TimeSpan Restart = TimeSpan.FromMinutes(1);

    readonly string _publishersDatabase = servers.Database($"publisher_{Guid.NewGuid():N}");

    [Fact]
    public async Task A_new_service_learns_the_whole_past_though_no_broker_remembers_it()
    {
        for (var i = 1; i <= 40; i++) await Broker.Publish(Cancelled(Guid.NewGuid(), i));
        await Broker.Kill();
        await Broker.Start();

        var service = await Replica();

        await Eventually.Holds("the past is counted", async () => await Effects(service) == 40, Restart);
        Assert.Equal([LedgerService.Client], Publishers.Callers.Keys);
        var live = Guid.NewGuid();
        await Broker.Publish(Cancelled(live));
        await Eventually.Holds("the log goes on", async () => await Effects(service, live) == 1);
        Assert.Equal(41, await Effects(service));
    }

    [Fact]
    public async Task A_service_that_comes_when_the_broker_has_forgotten_the_older_records_has_them_from_the_outbox()
    {
        var order = Guid.NewGuid();
        for (var i = 1; i <= 1_600; i++) await Broker.Publish(Cancelled(order, i));
        await Eventually.Holds(
            "the older ones are gone", () => Task.FromResult(Broker.Oldest(Topics.Orders, $"{order}") > 0),
            2 * Restart);

        var service = await Replica();

        await Eventually.Holds("all are counted", async () => await Effects(service, order) == 1_600, Restart);
        await Broker.Publish(Cancelled(order));
        await Eventually.Holds("the log goes on", async () => await Effects(service, order) == 1_601);
    }

    // N12
    [Fact]
    public async Task A_broker_that_forgot_while_the_service_ran_loses_nothing_and_doubles_nothing()
    {
        var service = await Replica();
        for (var i = 1; i <= 60; i++) await Broker.Publish(Cancelled(Guid.NewGuid(), i));
        await Eventually.Holds("60 counted", async () => await Effects(service) == 60);
        for (var loss = 1; loss <= 2; loss++)
        {
            await Broker.Kill();
            await Broker.Start();
            // As many as before: the new log is as long as the old one was.
            for (var i = 1; i <= 60; i++) await Broker.Publish(Cancelled(Guid.NewGuid(), i));
            await Eventually.Holds(
                "the new log is counted too", async () => await Effects(service) == 60 * (loss + 1), Restart);
        }

        Assert.All(Publishers.Asked, after => Assert.InRange(after, 0, 180));
        Assert.Equal(0, await service.Query(db => db.Set<DeadLetter>().CountAsync()));
    }

    [Fact]
    public async Task What_only_the_outbox_has_comes_before_the_log_and_one_answer_that_fails_is_asked_for_again()
    {
        var lost = Stored(Cancelled(Guid.NewGuid(), 7), 1);
        await Publishers.DisposeAsync();
        var service = await Replica();
        await Eventually.StaysTrue("nobody answers", async () => await Effects(service) == 0, TimeSpan.FromSeconds(1));
        await using var publishers = new PublisherStub();
        await Stop(service);
        publishers.Outbox = [lost];
        await publishers.Start();
        var again = await Replica(publishers: publishers.Address);
        await Eventually.Holds("the lost one is counted", async () => await Effects(again) == 1);
    }

    [Fact]
    public async Task A_log_that_lost_a_record_under_a_running_consumer_has_it_read_from_the_outbox()
    {
        var order = Guid.NewGuid();
        var service = await Replica();
        await Broker.Publish(Cancelled(order, 1), sequence: 1, previous: 0);
        await Broker.Publish(Cancelled(order, 2), sequence: 2, previous: 1);
        await Eventually.Holds("two are counted", async () => await Effects(service, order) == 2);
        List<OutboxMessage> lost = [Stored(Cancelled(order, 3), 3), Stored(Cancelled(order, 4), 4)];
        Publishers.Outbox = Broker.Outbox.Concat(lost);

        await Broker.Publish(Cancelled(order, 5), sequence: 5, previous: 4);

        await Eventually.Holds("the lost ones, too", async () => await Effects(service, order) == 5);
        await Broker.Publish(Cancelled(order, 6), sequence: 6, previous: 5);
        await Eventually.Holds("the log goes on", async () => await Effects(service, order) == 6);
    }

    [Fact]
    public async Task One_replica_that_catches_up_holds_nobody_up()
    {
        // A partition whose past is endless, and live traffic in all others.
        var slow = Enumerable.Range(1, 3_000).Select(n => Stored(Cancelled(Guid.NewGuid()), n, "one")).ToList();
        Publishers.Outbox = slow.Concat(Broker.Outbox);
        var service = await Replica();
        var live = Enumerable.Range(0, 200).Select(_ => Guid.NewGuid())
            .Where(o => Partitioning.Of($"{o}") != Partitioning.Of("one")).Take(30).ToList();
        foreach (var order in live) await Broker.Publish(Cancelled(order), sequence: 10_000);
        await Eventually.Holds("live events are counted", () =>
            service.Query(async db => await db.Entries.CountAsync(e => live.Contains(e.OrderId)) == live.Count));
        await Eventually.Holds(
            "and the past too", async () => await Effects(service) == 3_000 + live.Count, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task The_feed_shows_nothing_above_a_transaction_that_may_still_commit()
    {
        await using var publisher = await Publisher();
        await Publish(publisher, [Cancelled(Guid.NewGuid(), 1)]);
        await using var slow = await Open(Cancelled(Guid.NewGuid(), 2));
        await Publish(publisher, [Cancelled(Guid.NewGuid(), 3)]);
        using var http = As("payments", publisher);

        using (var waiting = await http.GetAsync(Feed(0, 0)))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, waiting.StatusCode);
        var asked = All(http);
        await slow.Commit();
        Assert.Equal([1, 2, 3], (await asked).Select(e => e.Sequence));
    }

    [Fact]
    public async Task The_feed_gives_each_partition_its_own_events_page_by_page()
    {
        await using var publisher = await Publisher();
        var facts = Enumerable.Range(1, 300).Select(n => Cancelled(Guid.NewGuid(), n)).ToList();
        await Publish(publisher, facts);
        using var http = As("payments", publisher);
        for (var partition = 0; partition < Topics.Partitions; partition++)
        {
            var (seen, after) = (new List<PublishedEvent>(), 0L);
            while (true)
            {
                var page = (await http.GetFromJsonAsync<EventPage>(Feed(partition, after, 7)))!;
                seen.AddRange(page.Items);
                Assert.True(page.Next >= (page.Items.LastOrDefault()?.Sequence ?? after));
                after = page.Next;
                if (page.IsEnd) break;
            }

            Assert.Equal(facts.Where(f => Partitioning.Of(f.Key) == partition)
                .Select(f => f.Key).Order(), seen.Select(e => e.Key).Order());
            Assert.Equal(seen.OrderBy(e => e.Sequence), seen);
            Assert.Equal(300, after);
        }

        foreach (var wrong in (string[])[
            "partition=6&after=0", "partition=-1&after=0", "partition=0&after=-1", "partition=0&after=0&take=0",
            "partition=0&after=0&take=1001",
        ])
        {
            using var answer = await http.GetAsync($"/internal/events?topic={Topics.Orders}&{wrong}");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    // C2
    [Fact]
    public async Task Nothing_committed_is_lost_when_the_broker_is_away()
    {
        var service = await Replica();
        await Broker.Kill();
        await service.Query(async db =>
        {
            foreach (var order in Enumerable.Range(0, 40))
                db.Publish(new PaymentRefunded(Guid.NewGuid(), "alice", DateTimeOffset.UtcNow, Guid.NewGuid(), order));
            return await db.SaveChangesAsync();
        });
        await Broker.Start();
        await Eventually.Holds(
            "40 refunds are sent", () => Task.FromResult(Broker.Published<PaymentRefunded>().Count == 40), Restart);
        await Eventually.Holds(
            "the outbox is empty", () => service.Query(db => db.Set<OutboxMessage>().AllAsync(m => m.SentAt != null)));
    }

    /// <summary>The same small service in the role of orders: only its outbox, relay and feed are at work.</summary>
    async Task<LedgerService> Publisher()
    {
        await using (var db = PublishersDb()) await db.Database.EnsureCreatedAsync();
        return await new LedgerService(
            _publishersDatabase, Broker.Address, Publishers.Address, Identity,
            options => (options.Group, options.Topics) = ("publisher", [Topics.Deliveries])).Start();
    }

    LedgerDb PublishersDb() => new(new DbContextOptionsBuilder<LedgerDb>().UseNpgsql(_publishersDatabase).Options);

    static Task<int> Publish(LedgerService publisher, IEnumerable<OrderCancelled> facts) => publisher.Query(db =>
    {
        foreach (var fact in facts) db.Publish(fact);
        return db.SaveChangesAsync();
    });

    async Task<OpenTransaction> Open(OrderCancelled fact)
    {
        var db = PublishersDb();
        var transaction = await db.Database.BeginTransactionAsync();
        db.Publish(fact);
        await db.SaveChangesAsync();
        return new(db, transaction);
    }

    sealed class OpenTransaction(LedgerDb db, Microsoft.EntityFrameworkCore.Storage.IDbContextTransaction transaction)
        : IAsyncDisposable
    {
        public Task Commit() => transaction.CommitAsync();

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await db.DisposeAsync();
        }
    }

    static OutboxMessage Stored(OrderCancelled fact, long sequence, string? key = null) => new()
    {
        Id = Guid.CreateVersion7(),
        Sequence = sequence,
        Type = OrderCancelled.Type,
        Topic = Topics.Orders,
        Key = key ?? fact.Key,
        Payload = System.Text.Json.JsonSerializer.Serialize(fact, EventJson.Options),
        OccurredAt = DateTimeOffset.UtcNow,
    };

    static string Feed(int partition, long after, int take = 500) =>
        $"/internal/events?topic={Topics.Orders}&partition={partition}&after={after}&take={take}";

    static async Task<IEnumerable<PublishedEvent>> All(HttpClient http)
    {
        var pages = await Task.WhenAll(
            Enumerable.Range(0, Topics.Partitions).Select(p => http.GetFromJsonAsync<EventPage>(Feed(p, 0))));
        return pages.SelectMany(p => p!.Items).OrderBy(e => e.Sequence);
    }
}
