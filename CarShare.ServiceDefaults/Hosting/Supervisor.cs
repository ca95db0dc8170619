using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceDefaults;

/// <summary>
/// Keeps work going that must never stop: whatever a loop throws, it starts again a second later, and work whose fault
/// passes by itself is done again until it succeeds. Each retry counts in a metric; the first is logged, then one a
/// minute.
/// </summary>
public sealed partial class Supervisor(IMeterFactory meters, TimeProvider clock, ILogger<Supervisor> logger)
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "CarShare.Supervisor";

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    readonly Counter<long> _retries = meters.Create(MeterName).CreateCounter<long>(
        "carshare.retries", "{attempt}", "Work done again, by loop and fault");

    readonly ConcurrentDictionary<string, SparseLine> _troubles = new();
    int _waiting;

    /// <summary>True while somebody waits for a store or a broker.</summary>
    public bool IsWaiting => Volatile.Read(ref _waiting) > 0;

    /// <summary>Runs the loop until the token says stop.</summary>
    public async Task Run(string name, Func<CancellationToken, Task> loop, CancellationToken ct)
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

    /// <summary>Does the work now and every so often until the token says stop.</summary>
    public Task Every(TimeSpan period, string name, Func<CancellationToken, Task> work, CancellationToken ct) =>
        Run(name, async stop =>
        {
            using var timer = new PeriodicTimer(period, clock);
            do await work(stop);
            while (await timer.WaitForNextTickAsync(stop));
        }, ct);

    /// <summary>
    /// Does the work until it succeeds; throws only a fault that does not pass by itself, or any once
    /// <paramref name="atMost"/> has passed.
    /// </summary>
    public async Task<T> Retry<T>(string name, Func<Task<T>> work, CancellationToken ct, TimeSpan? atMost = null)
    {
        var (since, waits) = (clock.GetTimestamp(), false);
        try
        {
            while (true)
            {
                try
                {
                    var result = await work();
                    if (waits && _troubles.TryRemove(name, out var over)) Log.Over(logger, name, over.Count);
                    return result;
                }
                catch (Exception e) when (e is not OperationCanceledException && Faults.Passes(e))
                {
                    Note(name, e);
                    if (clock.GetElapsedTime(since) >= atMost) throw;
                    if (!waits) Interlocked.Increment(ref _waiting);
                    waits = true;
                    await Task.Delay(
                        Faults.Of(e) == Fault.Conflict ? TimeSpan.FromMilliseconds(Random.Shared.Next(10, 200)) : Pause,
                        clock, ct);
                }
            }
        }
        finally
        {
            if (waits) Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Counts a retry, and logs it if this loop was silent for a minute.</summary>
    public void Note(string name, Exception error)
    {
        var fault = Faults.Of(error);
        _retries.Add(1, new("loop", name), new KeyValuePair<string, object?>("fault", fault.ToString()));
        var trouble = _troubles.GetOrAdd(name, _ => new(clock));
        if (!trouble.Add()) return;
        // What passes by itself needs no stack trace.
        if (fault is Fault.Ours or Fault.Input) Log.Interrupted(logger, name, trouble.Count, error);
        else Log.Waits(logger, name, fault, trouble.Count, error.GetBaseException().Message);
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
