using System.Text;

namespace CarShare.CustomerPages.Data;

/// <summary>A page as stored: <paramref name="Json"/> goes out as it is. The version counts the events of the page.</summary>
public sealed record StoredPage(string OrderId, string Version, byte[] Json);

/// <summary>Reads pages, each request in one round trip.</summary>
public sealed class PageReader(RedisStore store)
{
    /// <summary>The customer's pages, newest order first, behind the given one.</summary>
    public async Task<IReadOnlyList<StoredPage>> Newest(string customer, Guid? after, int limit, CancellationToken ct) =>
        [.. Rows(await store.Read(Scripts.Read, [customer, "", after?.ToString() ?? "", limit.ToString()], ct))];

    /// <summary>One page; without a customer whoever's it is.</summary>
    public async Task<StoredPage?> One(string? customer, Guid order, CancellationToken ct) =>
        Rows(await store.Read(Scripts.Read, [customer ?? "", order.ToString(), "", "1"], ct)).SingleOrDefault();

    static IEnumerable<StoredPage> Rows(byte[][] flat) =>
        flat.Chunk(3).Select(row => new StoredPage(Encoding.UTF8.GetString(row[0]), Encoding.UTF8.GetString(row[1]), row[2]));
}
