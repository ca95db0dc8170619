namespace CarShare.Messaging;

/// <summary>
/// Hears of each fact after the commit that made it true, in the process that committed it. For counting: a process
/// that dies in between has told nobody, so that no effect may hang on it.
/// </summary>
public interface IFactObserver
{
    /// <summary>Called on the request's or consumer's own thread: it must be quick and must not throw.</summary>
    void Committed(object fact);
}

/// <summary>Wakes the relay of this process; signals while it is busy fold into one.</summary>
sealed class RelaySignal(IEnumerable<IFactObserver> observers)
{
    readonly IFactObserver[] _observers = [.. observers];
    readonly SemaphoreSlim _gate = new(0, 1);

    /// <summary>This is committed, and wants to be sent.</summary>
    public void Wake(object? fact)
    {
        Wake();
        if (fact is null) return;
        foreach (var observer in _observers) observer.Committed(fact);
    }

    public void Wake()
    {
        lock (_gate)
        {
            if (_gate.CurrentCount == 0) _gate.Release();
        }
    }

    public Task<bool> WaitAsync(TimeSpan atMost, CancellationToken ct) => _gate.WaitAsync(atMost, ct);
}

/// <summary>
/// Wakes the relay after each commit that published something. Not LISTEN/NOTIFY: a notification takes a lock that
/// serialises all commits of the database.
/// </summary>
sealed class WakeRelayAfterCommit : DbTransactionInterceptor
{
    public override Task TransactionCommittedAsync(
        DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        // Saved as it is; to look for changes in everything tracked once more would find none.
        var tracker = eventData.Context!.ChangeTracker;
        tracker.AutoDetectChangesEnabled = false;
        foreach (var message in tracker.Entries<OutboxMessage>())
            eventData.Context.GetService<RelaySignal>().Wake(message.Entity.Fact);
        tracker.AutoDetectChangesEnabled = true;
        return Task.CompletedTask;
    }
}
