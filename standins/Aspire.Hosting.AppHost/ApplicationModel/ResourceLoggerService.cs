using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Aspire.Hosting.ApplicationModel;

public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

public class ResourceLoggerService
{
    readonly ConcurrentDictionary<string, ResourceLog> logs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The last lines of one instance, then every new one, until the enumeration is cancelled.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => Of(resourceName).WatchAsync();

    internal ResourceLog Of(string resourceId) => logs.GetOrAdd(resourceId, _ => new());
}

sealed class ResourceLog
{
    const int Kept = 1000;

    readonly Queue<LogLine> backlog = new();
    readonly HashSet<Channel<LogLine>> watchers = [];
    readonly Lock gate = new();
    int lines;

    public void Add(string content, bool isError)
    {
        lock (gate)
        {
            var line = new LogLine(++lines, content, isError);
            backlog.Enqueue(line);
            if (backlog.Count > Kept) backlog.Dequeue();
            foreach (var watcher in watchers) watcher.Writer.TryWrite(line);
        }
    }

    /// <summary>Without stack frames, which would push the message out of sight.</summary>
    public IReadOnlyList<string> Last(int count)
    {
        lock (gate) return [.. backlog.Select(l => l.Content).Where(c => !c.TrimStart().StartsWith("at ", StringComparison.Ordinal)).TakeLast(count)];
    }

    public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<LogLine>();
        lock (gate)
        {
            foreach (var line in backlog) channel.Writer.TryWrite(line);
            watchers.Add(channel);
        }
        try
        {
            while (await channel.Reader.WaitToReadAsync(cancellationToken))
            {
                var batch = new List<LogLine>();
                while (channel.Reader.TryRead(out var line)) batch.Add(line);
                yield return batch;
            }
        }
        finally
        {
            lock (gate) watchers.Remove(channel);
        }
    }
}
