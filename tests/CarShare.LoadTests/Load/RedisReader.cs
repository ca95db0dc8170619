using StackExchange.Redis;

namespace CarShare.LoadTests.Load;

/// <summary>What this program asks of Redis, with calls that every version of the client library has.</summary>
sealed class RedisReader(string connectionString) : IDisposable
{
    readonly ConnectionMultiplexer _redis = ConnectionMultiplexer.Connect(connectionString);

    public async Task<Dictionary<string, string>> Hash(string key) =>
        (await _redis.GetDatabase().HashGetAllAsync(key))
            .ToDictionary(field => field.Name.ToString(), field => field.Value.ToString());

    /// <summary>Runs a script that answers a flat list of strings.</summary>
    public async Task<byte[][]> Run(string script, params string[] arguments)
    {
        var answer = await _redis.GetDatabase().ScriptEvaluateAsync(
            script, [], Array.ConvertAll(arguments, a => (RedisValue)a));
        return Array.ConvertAll((RedisResult[])answer!, item => (byte[])item!);
    }

    public void Dispose() => _redis.Dispose();
}
