using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Kernel;

/// <summary>A database, a broker and a publisher stub for one kernel test.</summary>
public abstract class KernelFixture(Servers servers, IdentityServer identity) : IAsyncLifetime
{
    readonly List<LedgerService> _replicas = [];

    protected IdentityServer Identity => identity;

    protected Broker Broker { get; } = new();

    protected PublisherStub Publishers { get; } = new();

    protected string Database { get; } = servers.Database($"kernel_{Guid.NewGuid():N}");

    public async ValueTask InitializeAsync()
    {
        Publishers.Outbox = Broker.Outbox;
        await Task.WhenAll(Broker.Start(), Publishers.Start());
        await using var db = new LedgerDb(new DbContextOptionsBuilder<LedgerDb>().UseNpgsql(Database).Options);
        await db.Database.EnsureCreatedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas) await replica.DisposeAsync();
        await Broker.DisposeAsync();
        await Publishers.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task<LedgerService> Replica(Action<ConsumerOptions>? options = null, string? publishers = null)
    {
        var replica = await new LedgerService(
            Database, Broker.Address, publishers ?? Publishers.Address, identity, options).Start();
        _replicas.Add(replica);
        return replica;
    }

    /// <summary>A client with the token of the service named.</summary>
    protected HttpClient As(string client, LedgerService service) =>
        new(new BearerHandler(() => identity.ServiceToken(client)) { InnerHandler = new HttpClientHandler() })
        {
            BaseAddress = service.Address,
        };

    protected async Task Stop(LedgerService replica)
    {
        _replicas.Remove(replica);
        await replica.DisposeAsync();
    }

    protected static OrderCancelled Cancelled(Guid order, int number = 1, Guid? product = null) =>
        new(order, "alice", DateTimeOffset.UtcNow, CancelReason.Customer, product ?? Guid.NewGuid(), number);

    protected static Task<int> Effects(LedgerService service, Guid order) =>
        service.Query(db => db.Entries.Where(e => e.OrderId == order).Select(e => e.Effects).SingleOrDefaultAsync());

    protected static Task<int> Effects(LedgerService service) =>
        service.Query(db => db.Entries.SumAsync(e => e.Effects));
}
