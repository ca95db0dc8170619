namespace CarShare.ServiceDefaults;

/// <summary>Of many events that tell the same, the first is worth a line in the log, then one a minute.</summary>
sealed class SparseLine(TimeProvider clock)
{
    static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    readonly Lock _turn = new();
    long? _saidAt;

    /// <summary>How many there were.</summary>
    public int Count { get; private set; }

    /// <summary>Counts one more.</summary>
    /// <returns>True when it is to be logged.</returns>
    public bool Add()
    {
        lock (_turn)
        {
            Count++;
            if (_saidAt is { } at && clock.GetElapsedTime(at) < Silence) return false;
            _saidAt = clock.GetTimestamp();
            return true;
        }
    }
}
