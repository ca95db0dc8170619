using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Kernel.RealBroker;

/// <summary>A publisher and a consumer between whom a real Kafka stands.</summary>
public abstract class RealBrokerFixture(Servers servers, IdentityServer identity, RealKafka kafka) : IAsyncLifetime
{
    protected static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    readonly string _publishers = servers.Database($"publisher_{Guid.NewGuid():N}"),
        _consumers = servers.Database($"consumer_{Guid.NewGuid():N}");

    protected RealKafka Kafka => kafka;

    protected PublisherStub Feed { get; } = new();

    protected LedgerService? Publisher { get; private set; }

    protected LedgerService? Consumer { get; private set; }

    public virtual async ValueTask InitializeAsync()
    {
        kafka.Needed();
        foreach (var database in (string[])[_publishers, _consumers])
        {
            await using var db = Db(database);
            await db.Database.EnsureCreatedAsync();
        }

        Feed.Outbox = Outbox();
        await Feed.Start();
        Publisher = await new LedgerService(
            _publishers, kafka.Address, Feed.Address, identity,
            options => (options.Group, options.Topics) = ($"none-{Guid.NewGuid()}", [Topics.Deliveries])).Start();
        await StartConsumer();
    }

    public virtual async ValueTask DisposeAsync()
    {
        await StopConsumer();
        if (Publisher is not null) await Publisher.DisposeAsync();
        await Feed.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task StartConsumer()
    {
        await StopConsumer();
        await StartConsumer($"ledger-{_consumers.GetHashCode(StringComparison.Ordinal)}");
        await Eventually.Holds("every partition is joined", () =>
            Query(async db => await db.Set<ConsumerPosition>().CountAsync() == Topics.Partitions), Long);
    }

    protected async Task StartConsumer(string group, TimeProvider? clock = null) =>
        Consumer = await new LedgerService(
            _consumers, kafka.Address, Feed.Address, identity, options => options.Group = group, clock: clock).Start();

    protected async Task StopConsumer()
    {
        if (Consumer is not null) await Consumer.DisposeAsync();
        Consumer = null;
    }

    protected Task<int> Publish(int events) => OnPublisher(db =>
    {
        for (var i = 0; i < events; i++)
            db.Publish(new OrderCancelled(
                Guid.NewGuid(), "alice", DateTimeOffset.UtcNow, CancelReason.Customer, Guid.NewGuid(), 1));
        return db.SaveChangesAsync();
    });

    protected Task Counted(int effects) => Eventually.Holds($"{effects} are counted", async () =>
    {
        var counted = await Query(db => db.Entries.SumAsync(e => e.Effects));
        Assert.InRange(counted, 0, effects);
        return counted == effects;
    }, Long);

    protected Task AllSent() => Eventually.Holds(
        "all are sent", () => OnPublisher(db => db.Set<OutboxMessage>().AllAsync(m => m.SentAt != null)), Long);

    protected Task<List<DateTimeOffset?>> Sent() =>
        OnPublisher(db => db.Set<OutboxMessage>().OrderBy(m => m.Sequence).Select(m => m.SentAt).ToListAsync());

    protected Task<T> Query<T>(Func<LedgerDb, Task<T>> query) => On(_consumers, query);

    protected Task<T> OnPublisher<T>(Func<LedgerDb, Task<T>> work) =>
        Publisher is null ? On(_publishers, work) : Publisher.Query(work);

    static async Task<T> On<T>(string database, Func<LedgerDb, Task<T>> work)
    {
        await using var db = Db(database);
        return await work(db);
    }

    /// <summary>What the publisher's feed would read.</summary>
    IEnumerable<OutboxMessage> Outbox()
    {
        using var db = Db(_publishers);
        foreach (var message in db.Set<OutboxMessage>().AsNoTracking()) yield return message;
    }

    static LedgerDb Db(string database) => new(new DbContextOptionsBuilder<LedgerDb>().UseNpgsql(database).Options);
}
