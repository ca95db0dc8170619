using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CarShare.CustomerPages.Data;

namespace CarShare.CustomerPages.Features;

/// <summary>
/// One reader's stream. Pages are read when they are sent, so a slow reader gets fewer and newer ones and nothing piles
/// up for it.
/// </summary>
sealed class PageStream(
    HttpResponse response, string customer, PageReader pages, ChangedPages changes, TimeSpan heartbeat)
{
    const int Newest = 20;

    const char Known = '~';

    readonly Dictionary<string, uint> _sent = [];
    readonly HashSet<uint> _shownBefore = [];

    /// <summary>
    /// Goes on where another stream ended: what its reader has seen as it still is, is not sent again. Each id holds
    /// the digests of all that was sent by then; one that can't be read is that of a reader who has seen nothing.
    /// </summary>
    public void Resume(string? lastEventId)
    {
        var digests = new byte[4 * (Newest * 2 + 1)];
        if (lastEventId?.Split(Known) is not [_, var known]
            || Base64Url.DecodeFromChars(known, digests, out _, out var length) != OperationStatus.Done)
            return;
        for (var i = 0; i + 4 <= length; i += 4)
            _shownBefore.Add(BinaryPrimitives.ReadUInt32BigEndian(digests.AsSpan(i)));
    }

    /// <summary>Sends the newest pages, but for those that were shown before and are as they were.</summary>
    public async Task SendNewest(CancellationToken ct)
    {
        var newest = await pages.Newest(customer, null, Newest, ct);
        await Start(ct);
        await SendNews(newest, ct);
    }

    async Task SendNews(IReadOnlyList<StoredPage> newest, CancellationToken ct)
    {
        foreach (var gone in _sent.Keys.Except(newest.Select(page => page.OrderId)).ToList()) _sent.Remove(gone);
        foreach (var page in newest.Reverse())
        {
            if (_shownBefore.Contains(Digest(page))) _sent[page.OrderId] = Digest(page);
            else await SendIfNew(page, ct);
        }
    }

    public async Task Run(CancellationToken ct)
    {
        while (true)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            patience.CancelAfter(heartbeat);
            try
            {
                if (!await changes.Any(patience.Token)) return;
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                await Write(": still here\n\n", ct);
                // What a broken subscription missed, and stock that changed; what is archived does neither.
                await SendNews(await pages.Recent(customer, Newest, ct), ct);
                continue;
            }

            while (changes.TryTake(out var order))
            {
                if (await pages.One(customer, Guid.Parse(order), ct) is not { } page) continue;
                await SendIfNew(page, ct);
            }
        }
    }

    Task Start(CancellationToken ct)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache,no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        return Write("retry: 1000\n\n", ct);
    }

    Task SendIfNew(StoredPage page, CancellationToken ct) =>
        _sent.TryGetValue(page.OrderId, out var last) && last == Digest(page) ? Task.CompletedTask : Send(page, ct);

    Task Send(StoredPage page, CancellationToken ct)
    {
        _sent[page.OrderId] = Digest(page);
        return Write(
            $"event: page\nid: {page.OrderId}:{page.Version}{Known}{Seen()}\ndata: "
            + $"{Encoding.UTF8.GetString(page.Json)}\n\n",
            ct);
    }

    string Seen()
    {
        var digests = _sent.Values.TakeLast(Newest * 2).ToArray();
        var bytes = new byte[4 * digests.Length];
        for (var i = 0; i < digests.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(4 * i), digests[i]);
        return Base64Url.EncodeToString(bytes);
    }

    async Task Write(string frame, CancellationToken ct) =>
        await response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(frame), ct);

    /// <summary>The same in every replica.</summary>
    static uint Digest(StoredPage page) => BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(page.Json));
}
