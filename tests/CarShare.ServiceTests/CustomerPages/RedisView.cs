using System.Text;
using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using CarShare.Messaging;
using StackExchange.Redis;

namespace CarShare.ServiceTests.CustomerPages;

/// <summary>The view alone on a Redis database of its own, told events in whatever order a test likes.</summary>
public sealed class RedisView : IAsyncLifetime
{
    static int databases;

    readonly Dictionary<string, long> _next = [];

    public RedisView(Servers servers)
    {
        Address = $"{servers.Redis},defaultDatabase={Interlocked.Increment(ref databases)},allowAdmin=true";
        Connection = ConnectionMultiplexer.Connect(Address);
        Store = new(Connection);
        Reader = new(Store);
        Sink = new(Store, new(Measured.Nowhere, TimeProvider.System), TimeProvider.System);
    }

    public string Address { get; }

    public IConnectionMultiplexer Connection { get; }

    public IDatabase Database => Connection.GetDatabase();

    public RedisStore Store { get; }

    public PageReader Reader { get; }

    public PageSink Sink { get; }

    public async ValueTask InitializeAsync()
    {
        foreach (var topic in Topics.All) await Sink.SavePosition(new() { Topic = topic }, default);
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

    /// <summary>Everything stored, as Redis dumps it, positions aside.</summary>
    public async Task<SortedDictionary<string, string>> Dump()
    {
        var dump = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in Connection.GetServer(Connection.GetEndPoints()[0]).Keys(Database.Database)
            .Where(key => key != "positions"))
            dump.Add(key.ToString(), Convert.ToHexString((await Database.KeyDumpAsync(key))!));
        return dump;
    }

    /// <summary>The same by what it says, whatever order Redis keeps it in.</summary>
    public async Task<SortedDictionary<string, string>> Contents()
    {
        var contents = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in (await Dump()).Keys)
        {
            IEnumerable<string> entries = await Database.KeyTypeAsync(key) == RedisType.Hash
                ? (await Database.HashGetAllAsync(key)).Select(field => $"{field.Name} = {field.Value}")
                    .Order(StringComparer.Ordinal)
                : (await Database.SortedSetRangeByRankAsync(key)).Select(member => $"{member}");
            contents.Add(key, string.Join('\n', entries));
        }

        return contents;
    }

    public ValueTask DisposeAsync()
    {
        Connection.Dispose();
        return ValueTask.CompletedTask;
    }
}
