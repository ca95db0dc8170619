using System.Text.Json;
using CarShare.Contracts;
using CarShare.LoadTests.Running;
using StackExchange.Redis;

namespace CarShare.LoadTests.Checking;

/// <summary>
/// Customer pages as Redis keeps them: <c>page:{customer}:order</c>, listed in <c>pages:{customer}</c>.
/// </summary>
static class Pages
{
    /// <summary>Adds the pages to these dossiers, all of them in one pipeline.</summary>
    public static async Task Add(IDatabase redis, IReadOnlyList<Dossier> dossiers)
    {
        var answers = dossiers.Where(d => d.Order is not null).Select(d => (
            Dossier: d,
            Json: redis.HashGetAsync($"page:{{{d.Order!.Customer}}}:{d.OrderId}", "json"),
            Rank: redis.SortedSetRankAsync($"pages:{{{d.Order.Customer}}}", d.OrderId.ToString()))).ToList();
        foreach (var (dossier, json, rank) in answers)
        {
            dossier.Page = Parse(await json);
            dossier.IsListed = await rank is not null;
        }
    }

    /// <summary>The orders of all pages in Redis, whoever's.</summary>
    public static IEnumerable<Guid> Ids(IServer server) =>
        server.Keys(pattern: "page:*", pageSize: 5_000).Select(key => Guid.Parse(key.ToString()[^36..]));

    // What a reader adds (stock, the name of a model nobody told) and the brace behind it are not stored.
    static CustomerPageDto? Parse(RedisValue json) =>
        json.IsNull ? null : JsonSerializer.Deserialize<CustomerPageDto>($"{json}}}", Person.Json);
}
