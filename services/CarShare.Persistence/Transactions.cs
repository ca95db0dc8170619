namespace CarShare.Persistence;

/// <summary>One transaction around a use case, repeated when it only lost a race.</summary>
public static class Transactions
{
    const int Repeats = 7;

    static readonly ResiliencePipeline Race = new ResiliencePipelineBuilder().AddRetry(new()
    {
        ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is { } e && IsConflict(e)),
        MaxRetryAttempts = Repeats,
        BackoffType = DelayBackoffType.Exponential,
        UseJitter = true,
        Delay = TimeSpan.FromMilliseconds(10),
        MaxDelay = TimeSpan.FromMilliseconds(200),
    }).Build();

    /// <summary>
    /// Runs <paramref name="work"/> in one READ COMMITTED transaction on an empty change tracker, saves and commits. A
    /// stale row version, deadlock or lock timeout rolls everything back and runs it again (8 attempts, some 10 to
    /// 200 ms apart). <paramref name="work"/> must not call other services.
    /// </summary>
    /// <exception cref="TimeoutException">All attempts lost; the inner exception says against what.</exception>
    public static async Task<T> InTransaction<T>(
        this DbContext db, Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        // A failed save rolls the whole transaction back, so EF's savepoint around each would be two round trips for
        // nothing.
        db.Database.AutoSavepointsEnabled = false;
        try
        {
            return await Race.ExecuteAsync(static (of, ct) => Attempt(of.db, of.work, ct), (db, work), ct);
        }
        catch (Exception e) when (IsConflict(e))
        {
            throw new TimeoutException($"Others were first, {Repeats + 1} times in a row.", e);
        }
    }

    static async ValueTask<T> Attempt<T>(DbContext db, Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        db.ChangeTracker.Clear();
        try
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            var result = await work(ct);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
            return result;
        }
        catch (Exception e)
            when (e.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.FeatureNotSupported })
        {
            // Any connection of the pool may have prepared a statement before a migration changed what it answers.
            NpgsqlConnection.ClearPool((NpgsqlConnection)db.Database.GetDbConnection());
            throw;
        }
    }

    /// <summary>True when the transaction merely lost against another one and may simply run again.</summary>
    public static bool IsConflict(Exception error) => Faults.Of(error) == Fault.Conflict;
}
