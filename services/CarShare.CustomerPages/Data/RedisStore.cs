using CarShare.ServiceDefaults;
using StackExchange.Redis;

namespace CarShare.CustomerPages.Data;

/// <summary>
/// Everything CarShare says to Redis goes through here, with calls that every version of the client library has.
/// </summary>
public sealed class RedisStore(IConnectionMultiplexer redis)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), WritePatience = TimeSpan.FromSeconds(5);

    // What a server says that is starting, stopping, full or not the leader; the same command may succeed later.
    static readonly string[] AwayCodes =
        ["LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS", "MISCONF", "OOM", "BUSY"];

    IDatabase Database => redis.GetDatabase();

    /// <summary>Runs a script that changes something. Calls started one after the other run in that order.</summary>
    public async Task<long> Run(string script, string[] keys, string[] args) =>
        (long)await Evaluate(script, keys, args).WaitAsync(WritePatience);

    /// <summary>Runs a script that reads and answers a flat list.</summary>
    public async Task<byte[][]> Read(string script, string[] args, CancellationToken ct)
    {
        try
        {
            return Flat(await Evaluate(script, [], args).WaitAsync(Patience, ct));
        }
        catch (RedisServerException e) when (IsScriptUnknown(e))
        {
            // The server forgot its scripts; the library now sends the text again.
            return Flat(await Evaluate(script, [], args).WaitAsync(Patience, ct));
        }
    }

    public async Task<Dictionary<string, string>> ReadHash(string key, CancellationToken ct) =>
        (await Database.HashGetAllAsync(key).WaitAsync(Patience, ct))
            .ToDictionary(field => field.Name.ToString(), field => field.Value.ToString());

    public Task<long> CountFields(string key, CancellationToken ct) =>
        Database.HashLengthAsync(key).WaitAsync(Patience, ct);

    public Task SetField(string key, string field, string value, CancellationToken ct) =>
        Database.HashSetAsync(key, field, value).WaitAsync(WritePatience, ct);

    public Task SetIfMissing(string key, string value, CancellationToken ct) =>
        Database.StringSetAsync(key, value, when: When.NotExists).WaitAsync(WritePatience, ct);

    public Task DeleteField(string key, string field, CancellationToken ct) =>
        Database.HashDeleteAsync(key, field).WaitAsync(WritePatience, ct);

    public Task Delete(string key, CancellationToken ct) => Database.KeyDeleteAsync(key).WaitAsync(WritePatience, ct);

    /// <summary>Calls <paramref name="heard"/> for every message of the channel until disposed.</summary>
    public async Task<IAsyncDisposable> Subscribe(string channel, Action<string> heard, CancellationToken ct)
    {
        var subscription = new Subscription(
            redis.GetSubscriber(), new RedisChannel(channel, RedisChannel.PatternMode.Literal), heard);
        await subscription.Start().WaitAsync(Patience, ct);
        return subscription;
    }

    /// <summary>True when nothing is wrong with the command, only with the server or the way to it.</summary>
    public static bool IsUnavailable(Exception? error) => error switch
    {
        RedisConnectionException or TimeoutException => true,
        RedisServerException e => AwayCodes.Any(code => e.Message.StartsWith(code, StringComparison.Ordinal)
            || e.Message.Contains($"-{code} ", StringComparison.Ordinal)),
        _ => false,
    };

    /// <summary>What a failure of this store means; null for one that is not of it.</summary>
    public static Fault? FaultOf(Exception error) => IsScriptUnknown(error)
        ? Fault.Conflict
        : error is not TimeoutException && IsUnavailable(error)
        ? Fault.StoreAway
        : null;

    static bool IsScriptUnknown(Exception error) =>
        error is RedisServerException e && e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal);

    Task<RedisResult> Evaluate(string script, string[] keys, string[] args) =>
        Database.ScriptEvaluateAsync(
            script, Array.ConvertAll(keys, key => (RedisKey)key), Array.ConvertAll(args, arg => (RedisValue)arg));

    static byte[][] Flat(RedisResult rows) => Array.ConvertAll((RedisResult[])rows!, row => (byte[])row!);

    sealed class Subscription(ISubscriber subscriber, RedisChannel channel, Action<string> heard) : IAsyncDisposable
    {
        public Task Start() => subscriber.SubscribeAsync(channel, OnMessage);

        public async ValueTask DisposeAsync()
        {
            try
            {
                await subscriber.UnsubscribeAsync(channel, OnMessage).WaitAsync(Patience);
            }
            catch (Exception e) when (IsUnavailable(e))
            {
                // The server is away and the subscription with it; the library no longer calls this handler.
            }
        }

        void OnMessage(RedisChannel _, RedisValue message) => heard(message.ToString());
    }
}
