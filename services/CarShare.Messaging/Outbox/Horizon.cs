namespace CarShare.Messaging;

/// <summary>
/// Up to which sequence an outbox is decided: nothing can be committed at or below it any more. Sequences are drawn
/// before their transactions commit, in any order. Whoever draws one holds a lock on the table from before until its
/// transaction ends; so once all who held that lock when a sequence was the last drawn are gone, everything up to it is
/// there to be seen, or never will be.
/// </summary>
sealed class Horizon
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromMilliseconds(5);

    long _candidate;
    HashSet<string>? _writers;

    /// <summary>The highest sequence known to be decided.</summary>
    public long Decided { get; private set; }

    /// <summary>Looks once; waits for nobody.</summary>
    public async Task Observe(NpgsqlConnection connection, CancellationToken ct)
    {
        var last = (await connection.Read(
            $"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outbox_sequence_seq", row => row.GetInt64(0),
            ct)).Single();
        var writers = (await connection.Read(
            $"""
            SELECT virtualtransaction FROM pg_locks
            WHERE relation = 'outbox'::regclass
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()
            """, row => row.GetString(0), ct)).ToHashSet();
        if (_writers is not null)
        {
            _writers.IntersectWith(writers);
            if (_writers.Count > 0) return;
            Decided = _candidate;
        }

        (_candidate, _writers) = (last, writers);
        if (writers.Count > 0) return;
        (Decided, _writers) = (last, null);
    }

    /// <summary>A sequence that is decided and not below any that was committed before this call.</summary>
    /// <exception cref="TimeoutException">Somebody has been writing for seconds.</exception>
    public static async Task<long> Now(NpgsqlConnection connection, CancellationToken ct)
    {
        var (horizon, start) = (new Horizon(), Stopwatch.GetTimestamp());
        await horizon.Observe(connection, ct);
        var wanted = horizon._candidate;
        while (horizon.Decided < wanted)
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new TimeoutException("A transaction that writes events has been open for seconds.");
            await Task.Delay(Pause, ct);
            await horizon.Observe(connection, ct);
        }

        return horizon.Decided;
    }
}
