namespace CarShare.Messaging;

/// <summary>Wakes the relay of this process; signals while it is busy fold into one.</summary>
sealed class RelaySignal
{
    readonly SemaphoreSlim _gate = new(0, 1);

    public void Wake()
    {
        lock (_gate)
        {
            if (_gate.CurrentCount == 0) _gate.Release();
        }
    }

    public Task<bool> WaitAsync(TimeSpan atMost, CancellationToken ct) => _gate.WaitAsync(atMost, ct);
}

/// <summary>Wakes the relay after each commit that published something. Not LISTEN/NOTIFY: a notification takes a lock that serialises all commits of the database.</summary>
sealed class WakeRelayAfterCommit(RelaySignal signal) : DbTransactionInterceptor
{
    public override Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        // Saved as it is; to look for changes in everything tracked once more would find none.
        var tracker = eventData.Context!.ChangeTracker;
        tracker.AutoDetectChangesEnabled = false;
        if (tracker.Entries<OutboxMessage>().Any()) signal.Wake();
        tracker.AutoDetectChangesEnabled = true;
        return Task.CompletedTask;
    }
}
