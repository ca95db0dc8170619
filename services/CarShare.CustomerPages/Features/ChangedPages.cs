using System.Collections.Concurrent;
using System.Threading.Channels;

namespace CarShare.CustomerPages.Features;

/// <summary>
/// The pages a reader has still to be told of, each once however often it changed. A reader too far behind loses its
/// place: the list ends.
/// </summary>
public sealed class ChangedPages(int most)
{
    readonly ConcurrentDictionary<string, bool> _waiting = new();
    readonly Channel<string> _orders = Channel.CreateBounded<string>(most);

    public void Add(string order)
    {
        if (_waiting.TryAdd(order, true) && !_orders.Writer.TryWrite(order)) _orders.Writer.TryComplete();
    }

    /// <summary>False when no more will come.</summary>
    public ValueTask<bool> Any(CancellationToken ct) => _orders.Reader.WaitToReadAsync(ct);

    public bool TryTake(out string order)
    {
        if (!_orders.Reader.TryRead(out order!)) return false;
        // From here on a change counts again, because the page is read after this.
        _waiting.TryRemove(order, out _);
        return true;
    }
}
