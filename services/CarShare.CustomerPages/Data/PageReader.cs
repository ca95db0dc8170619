using System.Globalization;
using System.Text;

namespace CarShare.CustomerPages.Data;

/// <summary>
/// A page as stored: <paramref name="Json"/> goes out as it is. The version counts the events of the page.
/// </summary>
public sealed record StoredPage(string OrderId, string Version, byte[] Json);

/// <summary>A customer as stored; what is not known is the JSON <c>null</c>.</summary>
public sealed record StoredCustomer(string CustomerId, string Contact, string Balance, string Owed);

/// <summary>
/// Reads pages and customers, each request in one round trip; what is archived is brought back first.
/// </summary>
public sealed class PageReader(RedisStore store, PageArchive archive)
{
    const int WordsAtOnce = 1_000;
    const char Separator = '\u001f';

    /// <summary>The customer's pages, newest order first, behind the given one.</summary>
    public async Task<IReadOnlyList<StoredPage>> Newest(string customer, Guid? after, int limit, CancellationToken ct)
    {
        var (isArchived, pages) = await Read(customer, after, limit, "pages", ct);
        if (!(isArchived ?? await archive.HasAny(customer, ct))) return pages;
        List<Guid> known = [.. pages.Select(page => Guid.Parse(page.OrderId))];
        var lowest = known.Count == limit ? known[^1] : Guid.Empty;
        var restored = await archive.Restore(customer, after ?? Guid.AllBitsSet, lowest, known, limit, ct);
        return restored.Count == 0 ? pages : (await Read(customer, after, limit, "pages", ct)).Pages;
    }

    /// <summary>The newest of those that are not archived; nothing but Redis is asked.</summary>
    public async Task<IReadOnlyList<StoredPage>> Recent(string customer, int limit, CancellationToken ct) =>
        (await Read(customer, null, limit, "pages", ct)).Pages;

    /// <summary>The pages of rentals that are not over, newest order first.</summary>
    public async Task<IReadOnlyList<StoredPage>> Open(string customer, int limit, CancellationToken ct) =>
        (await Read(customer, null, limit, "open", ct)).Pages;

    /// <summary>One page; without a customer whoever's it is.</summary>
    public async Task<StoredPage?> One(string? customer, Guid order, CancellationToken ct)
    {
        if (await Read() is { } page) return page;
        return (await archive.Restore([order], customer, ct)).Count > 0 ? await Read() : null;

        async Task<StoredPage?> Read() =>
            Parse(await store.Read(Scripts.Read, [customer ?? "", $"{order}", "", "1", ""], ct)).Pages
                .SingleOrDefault();
    }

    /// <summary>Customers by id behind the given one, those of whom a word begins like this.</summary>
    public async Task<IReadOnlyList<StoredCustomer>> Find(string search, string after, int limit,
        CancellationToken ct) =>
        [.. Customers(await store.Read(Scripts.Customers, search.Length == 0
            ? ["list", after, limit.ToString(CultureInfo.InvariantCulture)]
            : ["these", .. await Ids(search, after, limit, ct)], ct))];

    /// <summary>Null for somebody who never rented.</summary>
    public async Task<StoredCustomer?> Customer(string customer, CancellationToken ct) =>
        Customers(await store.Read(Scripts.Customers, ["these", customer], ct)).SingleOrDefault();

    /// <summary>
    /// The words are in their own order, so the lowest ids are known when all of them are seen: some at a time, so that
    /// nobody else waits for one who typed a single letter.
    /// </summary>
    async Task<IReadOnlyCollection<string>> Ids(string search, string after, int limit, CancellationToken ct)
    {
        var (lowest, last) = (new SortedSet<string>(StringComparer.Ordinal), "");
        while (true)
        {
            var words = await store.Read(Scripts.Customers, ["words", search, last, $"{WordsAtOnce}"], ct);
            foreach (var word in words.Select(Encoding.UTF8.GetString))
            {
                last = word;
                var customer = word[(word.IndexOf(Separator, StringComparison.Ordinal) + 1)..];
                if (string.CompareOrdinal(customer, after) <= 0 || !lowest.Add(customer)) continue;
                if (lowest.Count > limit) lowest.Remove(lowest.Max!);
            }

            if (words.Length < WordsAtOnce) return lowest;
        }
    }

    async Task<(bool? IsArchived, IReadOnlyList<StoredPage> Pages)> Read(
        string customer, Guid? after, int limit, string list, CancellationToken ct) =>
        Parse(await store.Read(Scripts.Read,
            [customer, "", after?.ToString() ?? "", limit.ToString(CultureInfo.InvariantCulture), list], ct));

    static (bool? IsArchived, IReadOnlyList<StoredPage> Pages) Parse(byte[][] flat) => (
        flat[0] is [] ? null : flat[0] is [(byte)'1'],
        [.. flat.Skip(1).Chunk(3).Select(row =>
            new StoredPage(Encoding.UTF8.GetString(row[0]), Encoding.UTF8.GetString(row[1]), row[2]))]);

    static IEnumerable<StoredCustomer> Customers(byte[][] flat) => flat.Select(Encoding.UTF8.GetString).Chunk(4)
        .Select(row => new StoredCustomer(row[0], row[1], row[2], row[3]));
}
