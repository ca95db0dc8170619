using System.Text;
using CarShare.CustomerPages.Data;

namespace CarShare.CustomerPages.Features;

/// <summary>One reader's stream. Pages are read when they are sent, so a slow reader gets fewer and newer ones and nothing piles up for it.</summary>
sealed class PageStream(HttpResponse response, string customer, PageReader pages, ChangedPages changes, TimeSpan heartbeat)
{
    const int Newest = 20;

    Dictionary<string, int> _sent = [];

    /// <summary>Sends those of the newest pages that are not as they were sent last: at the start all of them, later what a broken subscription missed and stock that changed.</summary>
    public async Task SendNews(CancellationToken ct)
    {
        var newest = await pages.Newest(customer, null, Newest, ct);
        if (!response.HasStarted) await Start(ct);
        var before = _sent;
        _sent = newest.ToDictionary(page => page.OrderId, Fingerprint);
        foreach (var page in newest.Reverse().Where(page => !before.TryGetValue(page.OrderId, out var last) || last != _sent[page.OrderId])) await Send(page, ct);
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
                await SendNews(ct);
                continue;
            }

            while (changes.TryTake(out var order))
            {
                if (await pages.One(customer, Guid.Parse(order), ct) is not { } page) continue;
                _sent[page.OrderId] = Fingerprint(page);
                await Send(page, ct);
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

    Task Send(StoredPage page, CancellationToken ct) => Write($"event: page\nid: {page.OrderId}:{page.Version}\ndata: {Encoding.UTF8.GetString(page.Json)}\n\n", ct);

    async Task Write(string frame, CancellationToken ct) => await response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(frame), ct);

    static int Fingerprint(StoredPage page)
    {
        var hash = new HashCode();
        hash.AddBytes(page.Json);
        return hash.ToHashCode();
    }
}
