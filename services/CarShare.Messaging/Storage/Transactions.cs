namespace CarShare.Messaging;

/// <summary>One transaction around a use case, repeated when it only lost a race.</summary>
public static class Transactions
{
    const int MaxAttempts = 8;

    /// <summary>
    /// Runs <paramref name="work"/> in one READ COMMITTED transaction on an empty change tracker, saves and commits. A stale row version, deadlock or lock timeout
    /// rolls everything back and runs it again (8 attempts, 5–200 ms apart). <paramref name="work"/> must not call other services.
    /// </summary>
    /// <exception cref="TimeoutException">All attempts lost; the inner exception says against what.</exception>
    public static async Task<T> InTransaction<T>(this DbContext db, Func<CancellationToken, Task<T>> work, CancellationToken ct)
    {
        // A failed save rolls the whole transaction back, so EF's savepoint around each would be two round trips for nothing.
        db.Database.AutoSavepointsEnabled = false;
        for (var attempt = 1; ; attempt++)
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
            catch (Exception e) when (IsConflict(e))
            {
                if (attempt == MaxAttempts) throw new TimeoutException($"Others were first, {MaxAttempts} times in a row.", e);
                // Any connection of the pool may have prepared a statement before a migration changed what it answers.
                if (e.GetBaseException() is PostgresException { SqlState: PostgresErrorCodes.FeatureNotSupported }) NpgsqlConnection.ClearPool((NpgsqlConnection)db.Database.GetDbConnection());
                await Task.Delay(Random.Shared.Next(5, Math.Min(200, 10 << attempt)), ct);
            }
        }
    }

    /// <summary>True when the transaction merely lost against another one and may simply run again.</summary>
    public static bool IsConflict(Exception? error) => error switch
    {
        DbUpdateConcurrencyException => true,
        PostgresException e => e.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.FeatureNotSupported,
        null => false,
        _ => IsConflict(error.InnerException),
    };
}
