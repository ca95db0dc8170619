using System.Text.Json;
using CarShare.Contracts;
using CarShare.LoadTests.Running;
using StackExchange.Redis;

namespace CarShare.LoadTests.Checking;

/// <summary>
/// Customer pages as Redis keeps them (<c>page:{customer}:order</c>, listed in <c>pages:{customer}</c>), and those of
/// long ago in the archive.
/// </summary>
static class Pages
{
    /// <summary>Adds the pages to these dossiers, all of them in one pipeline.</summary>
    public static async Task Add(Stores stores, IReadOnlyList<Dossier> dossiers, CancellationToken ct)
    {
        var redis = stores.Redis;
        var answers = dossiers.Where(d => d.Order is not null).Select(d => (
            Dossier: d,
            Json: redis.HashGetAsync($"page:{{{d.Order!.Customer}}}:{d.OrderId}", "json"),
            Rank: redis.SortedSetRankAsync($"pages:{{{d.Order.Customer}}}", d.OrderId.ToString()))).ToList();
        foreach (var (dossier, json, rank) in answers)
        {
            dossier.Page = Parse(await json);
            dossier.IsListed = await rank is not null;
        }

        // Listed by their customer, as they are looked for here.
        foreach (var dossier in answers.Select(a => a.Dossier).Where(d => d.Page is null))
            await foreach (var json in stores.Archive.Rows(
                "SELECT content::json ->> 'json' FROM archived_pages WHERE order_id = $1 AND customer_id = $2",
                row => row.GetString(0), ct, dossier.OrderId, dossier.Order!.Customer))
                (dossier.Page, dossier.IsListed) = (Parse(json), true);
    }

    /// <summary>The orders of all pages, whoever's.</summary>
    public static async Task<HashSet<Guid>> Ids(Stores stores, CancellationToken ct)
    {
        var ids = stores.RedisServer.Keys(pattern: "page:*", pageSize: 5_000)
            .Select(key => Guid.Parse(key.ToString()[^36..])).ToHashSet();
        await foreach (var id in stores.Archive.Rows("SELECT order_id FROM archived_pages", row => row.GetGuid(0), ct))
            ids.Add(id);
        return ids;
    }

    // What a reader adds (stock, the name of a model nobody told) and the brace behind it are not stored.
    static CustomerPageDto? Parse(RedisValue json) =>
        json.IsNull ? null : JsonSerializer.Deserialize<CustomerPageDto>($"{json}}}", Person.Json);
}
