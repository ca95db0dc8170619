namespace CarShare.Messaging;

/// <summary>
/// One way through the unsent rows, in sequence order. It begins behind what is settled for good, and begins anew when
/// it has come to the end or some time has passed, because a lower sequence may be committed after a higher one.
/// </summary>
sealed class Pass
{
    readonly Dictionary<(string Topic, int Partition), long> _open = [];
    readonly HashSet<(string Topic, int Partition)> _closed = [];
    long _floor, _horizon;

    /// <summary>Rows stay unsent behind which others are.</summary>
    public bool HasLeft => _open.Count > 0;

    /// <summary>Rows wait for others of their partition, which are under way.</summary>
    public bool HasClosed => _closed.Count > 0;

    /// <summary>Rows behind this one come next.</summary>
    public long At { get; private set; }

    /// <summary>Begins anew, now that everything up to this sequence is decided.</summary>
    public void Restart(long decided)
    {
        // All that is decided has been seen up to here, but for what had to be left.
        var left = HasLeft ? _open.Values.Min() - 1 : long.MaxValue;
        _floor = Math.Max(_floor, Math.Min(Math.Min(_horizon, At), left));
        (At, _horizon) = (_floor, Math.Max(_horizon, decided));
        _open.Clear();
        _closed.Clear();
    }

    /// <summary>These rows were read and sent or left.</summary>
    public void Read(List<OutboxMessage> rows, int full, long decided)
    {
        if (rows.Count > 0) At = rows[^1].Sequence;
        // At the end, where nothing was left over that would be read again and again.
        if (rows.Count < full && !HasLeft) Restart(decided);
    }

    /// <summary>Rows from this sequence on have to be read once more.</summary>
    public void Retreat(long? sequence)
    {
        if (sequence is not { } first) return;
        _floor = Math.Min(_floor, first - 1);
        At = Math.Min(At, _floor);
    }

    /// <summary>The row stays unsent for now.</summary>
    public void Leave(long sequence, (string Topic, int Partition) place) =>
        _open[place] = Math.Min(sequence, _open.GetValueOrDefault(place, sequence));

    /// <summary>The row and all behind it in its partition stay unsent for now: they keep their order.</summary>
    public void Close(long sequence, (string Topic, int Partition) place)
    {
        Leave(sequence, place);
        _closed.Add(place);
    }

    public bool IsClosed((string Topic, int Partition) place) => _closed.Contains(place);

    /// <summary>What had to wait of this partition comes next.</summary>
    public void Reopen((string Topic, int Partition) place)
    {
        if (_closed.Remove(place) && _open.Remove(place, out var left)) At = Math.Min(At, left - 1);
    }

    /// <summary>The sequence up to which nothing of this partition is sent behind this row.</summary>
    public long Complete(long sequence, (string Topic, int Partition) place) =>
        Math.Min(Math.Min(_horizon, sequence), _open.TryGetValue(place, out var left) ? left - 1 : long.MaxValue);
}
