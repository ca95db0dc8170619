using System.Collections.Concurrent;

namespace CarShare.Messaging;

/// <summary>
/// Keeps work going that must never stop: whatever a loop throws, it starts again a second later, and work whose fault
/// passes by itself is done again until it succeeds. Each retry counts in a metric; the first is logged, then one a
/// minute.
/// </summary>
public sealed partial class Supervisor(MessagingMetrics metrics, TimeProvider clock, ILogger<Supervisor> logger)
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), Silence = TimeSpan.FromMinutes(1);

    readonly ConcurrentDictionary<string, Trouble> _troubles = new();
    int _waiting;

    /// <summary>True while somebody waits for a store or a broker.</summary>
    internal bool IsWaiting => Volatile.Read(ref _waiting) > 0;

    /// <summary>Runs the loop until the token says stop.</summary>
    public async Task Keep(string name, Func<CancellationToken, Task> loop, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await loop(ct);
            }
            catch (Exception e)
            {
                if (ct.IsCancellationRequested) return;
                Note(name, e);
            }

            await Task.Delay(Pause, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Does the work until it succeeds; throws only a fault that does not pass by itself.</summary>
    public async Task<T> Insist<T>(string name, Func<Task<T>> work, CancellationToken ct)
    {
        for (var waiting = false; ; waiting = true)
        {
            try
            {
                var result = await work();
                if (waiting && _troubles.TryRemove(name, out var over)) Log.Over(logger, name, over.Retries);
                return result;
            }
            catch (Exception e) when (e is not OperationCanceledException && Faults.Passes(e))
            {
                Note(name, e);
                Interlocked.Increment(ref _waiting);
                try
                {
                    await Task.Delay(
                        Faults.Of(e) == Fault.Conflict ? TimeSpan.FromMilliseconds(Random.Shared.Next(10, 200)) : Pause,
                        clock, ct);
                }
                finally
                {
                    Interlocked.Decrement(ref _waiting);
                }
            }
        }
    }

    /// <summary>Counts a retry, and logs it if this loop was silent for a minute.</summary>
    internal void Note(string name, Exception error)
    {
        var fault = Faults.Of(error);
        metrics.Retried(name, fault);
        var trouble = _troubles.GetOrAdd(name, _ => new());
        lock (trouble)
        {
            trouble.Retries++;
            if (trouble.LoggedAt is { } at && clock.GetElapsedTime(at) < Silence) return;
            trouble.LoggedAt = clock.GetTimestamp();
            // What passes by itself needs no stack trace.
            if (fault is Fault.Ours or Fault.Input) Log.Interrupted(logger, name, trouble.Retries, error);
            else Log.Waits(logger, name, fault, trouble.Retries, error.GetBaseException().Message);
        }
    }

    sealed class Trouble
    {
        public long? LoggedAt { get; set; }
        public int Retries { get; set; }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Name} was interrupted and starts again (retry {Retries})")]
        public static partial void Interrupted(ILogger logger, string name, int retries, Exception error);

        [LoggerMessage(LogLevel.Warning, "{Name} waits, {Fault} (retry {Retries}): {Reason}")]
        public static partial void Waits(ILogger logger, string name, Fault fault, int retries, string reason);

        [LoggerMessage(LogLevel.Information, "{Name} goes on after {Retries} retries")]
        public static partial void Over(ILogger logger, string name, int retries);
    }
}
