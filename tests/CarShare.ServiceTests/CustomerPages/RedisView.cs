using System.Collections.Concurrent;
using System.Text;
using CarShare.Contracts;
using CarShare.CustomerPages;
using CarShare.CustomerPages.Data;
using CarShare.Messaging;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace CarShare.ServiceTests.CustomerPages;

/// <summary>
/// The view alone on a Redis database of its own and an archive that all views share, told events in whatever order a
/// test likes.
/// </summary>
public sealed class RedisView : IAsyncLifetime
{
    static readonly Lock Gate = new();
    // As many as a server has.
    static readonly ConcurrentQueue<int> Databases = new(Enumerable.Range(1, 15));
    static Task? archiveIsMade;

    readonly Dictionary<string, long> _next = [];
    readonly ServiceProvider _services;
    readonly int _number;

    public RedisView(Servers servers)
    {
        Assert.True(Databases.TryDequeue(out _number), "All databases of the server are in use.");
        Address = $"{servers.Redis},defaultDatabase={_number},allowAdmin=true";
        Connection = ConnectionMultiplexer.Connect(Address);
        Store = new(Connection);
        _services = new ServiceCollection().AddDbContext<CustomerPagesDb>(options =>
            options.UseNpgsql(servers.Database("archive_of_views"))).BuildServiceProvider();
        Archive = NewArchive(TimeProvider.System);
        Reader = new(Store, Archive);
        Sink = new(Store, Archive, new(Measured.Nowhere, TimeProvider.System), TimeProvider.System);
        Letters = new(Store, Sink, TimeProvider.System);
    }

    public string Address { get; }

    public IConnectionMultiplexer Connection { get; }

    public IDatabase Database => Connection.GetDatabase();

    public RedisStore Store { get; }

    public PageArchive Archive { get; }

    public PageReader Reader { get; }

    public PageSink Sink { get; }

    public PageLetters Letters { get; }

    public async ValueTask InitializeAsync()
    {
        Task isMade;
        lock (Gate) isMade = archiveIsMade ??= Archived(db => db.Database.MigrateAsync());
        await isMade;
        foreach (var topic in Topics.All) await Sink.SavePosition(new() { Topic = topic }, default);
    }

    /// <summary>Archives as two hours later, when what was written now may go.</summary>
    public Task<int> ArchiveLater() => NewArchive(new LateClock()).ArchiveDue(default);

    PageArchive NewArchive(TimeProvider clock) => new(
        _services.GetRequiredService<IServiceScopeFactory>(), Store, Options.Create(new CustomerPagesOptions()), clock);

    /// <summary>Looks into the archive.</summary>
    public async Task Archived(Func<CustomerPagesDb, Task> look)
    {
        await using var scope = _services.CreateAsyncScope();
        await look(scope.ServiceProvider.GetRequiredService<CustomerPagesDb>());
    }

    /// <summary>Tells the events in this order as one batch; answers how many were new.</summary>
    public async Task<int> Tell(params IEnumerable<ReceivedEvent> events)
    {
        var batch = events.Select(Placed).ToList();
        return (await Sink.Handle(batch, PositionsAfter(batch), default)).Fresh;
    }

    /// <summary>The event as the next record of its partition.</summary>
    public ReceivedEvent Placed(ReceivedEvent received)
    {
        var offset = _next.GetValueOrDefault(received.Topic);
        _next[received.Topic] = offset + 1;
        return received with { Offset = offset };
    }

    public static IReadOnlyCollection<ConsumerPosition> PositionsAfter(IEnumerable<ReceivedEvent> batch) =>
        [.. batch.GroupBy(e => (e.Topic, e.Partition)).Select(group => group.Last().Behind(null))];

    public async Task<string> Json(string customer, Guid order) =>
        Encoding.UTF8.GetString((await Reader.One(customer, order, default))!.Json);

    /// <summary>Everything stored, as Redis dumps it, but for positions and when a page may leave.</summary>
    public async Task<SortedDictionary<string, string>> Dump()
    {
        var dump = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in Connection.GetServer(Connection.GetEndPoints()[0]).Keys(Database.Database)
            .Where(key => key != "positions" && key != "over"))
            dump.Add(key.ToString(), Convert.ToHexString((await Database.KeyDumpAsync(key))!));
        return dump;
    }

    /// <summary>The same by what it says, whatever order Redis keeps it in.</summary>
    public async Task<SortedDictionary<string, string>> Contents()
    {
        var contents = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in (await Dump()).Keys)
        {
            IEnumerable<string> entries = await Database.KeyTypeAsync(key) switch
            {
                RedisType.Hash => (await Database.HashGetAllAsync(key)).Select(field => $"{field.Name} = {field.Value}")
                    .Order(StringComparer.Ordinal),
                RedisType.String => [$"{await Database.StringGetAsync(key)}"],
                _ => (await Database.SortedSetRangeByRankAsync(key)).Select(member => $"{member}"),
            };
            contents.Add(key, string.Join('\n', entries));
        }

        return contents;
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.GetServers()[0].FlushDatabaseAsync(_number);
        await Connection.DisposeAsync();
        await _services.DisposeAsync();
        Databases.Enqueue(_number);
    }

    sealed class LateClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(2);
    }
}
