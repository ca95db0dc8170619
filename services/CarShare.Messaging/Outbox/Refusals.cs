namespace CarShare.Messaging;

/// <summary>Rows no broker takes: tried again now and then, alone, so that no other fails with them.</summary>
sealed class Refusals(string name, MessagingMetrics metrics, ILogger logger)
{
    static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    readonly HashSet<long> _suspects = [];
    readonly Dictionary<long, long> _refused = [];

    public bool IsSuspect(long sequence) => _suspects.Contains(sequence);

    public bool Rests(long sequence) =>
        _refused.TryGetValue(sequence, out var since) && Stopwatch.GetElapsedTime(since) < Rest;

    /// <summary>It failed together with others: which of them is at fault shows when it travels alone.</summary>
    public void Suspect(long sequence) => _suspects.Add(sequence);

    public void Add(long sequence, string reason)
    {
        _suspects.Add(sequence);
        _refused[sequence] = Stopwatch.GetTimestamp();
        metrics.OutboxRefused = _refused.Count;
        ShipmentLog.Refused(logger, name, sequence, reason);
    }

    /// <summary>A broker took it after all.</summary>
    public void Remove(long sequence)
    {
        _suspects.Remove(sequence);
        if (_refused.Remove(sequence)) metrics.OutboxRefused = _refused.Count;
    }

    public void Clear()
    {
        _suspects.Clear();
        _refused.Clear();
        metrics.OutboxRefused = 0;
    }
}
