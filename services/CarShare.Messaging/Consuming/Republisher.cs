using System.Collections.Concurrent;

namespace CarShare.Messaging;

/// <summary>The consumer's half of "the consumer asks": calls the publisher until it agrees to send again. What is owed is stored first, so a restart goes on asking.</summary>
sealed partial class Republisher(IEventSink sink, IHttpClientFactory clients, TimeProvider clock, ILogger<Republisher> logger) : BackgroundService
{
    /// <summary>Name of the HTTP client used.</summary>
    public const string ClientName = "republish";

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    readonly ConcurrentDictionary<(string Topic, int Partition), ConsumerPosition> _owed = new();
    readonly SemaphoreSlim _more = new(0);

    public void Ask(IEnumerable<ConsumerPosition> positions)
    {
        foreach (var position in positions.Where(p => p.AskAfter is not null)) _owed[(position.Topic, position.Partition)] = position;
        _more.Release();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await _more.WaitAsync(stoppingToken);
            while (!_owed.IsEmpty)
            {
                await Task.WhenAll(_owed.Values.GroupBy(p => p.Topic).Select(asks => Ask(asks.Key, [.. asks], stoppingToken)));
                if (!_owed.IsEmpty) await Task.Delay(Pause, clock, stoppingToken);
            }
        }
    }

    async Task Ask(string topic, List<ConsumerPosition> asks, CancellationToken ct)
    {
        var after = asks.Min(a => a.AskAfter!.Value);
        var source = Topics.SourceOf(topic);
        try
        {
            using var client = clients.CreateClient(ClientName);
            using var answer = await client.PostAsJsonAsync($"http://{source}/internal/events/republish", new RepublishRequest(after), ct);
            answer.EnsureSuccessStatusCode();
            await sink.Answered(asks, ct);
            // An ask that was renewed meanwhile is another one and stays owed.
            foreach (var ask in asks) _owed.TryRemove(new(((ask.Topic, ask.Partition)), ask));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested || sink.IsUnavailable(e))
        {
            Log.NotYet(logger, source, after, e.Message);
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Source} can't be asked yet to send everything behind sequence {After} again: {Reason}")]
        public static partial void NotYet(ILogger logger, string source, long after, string reason);
    }
}
