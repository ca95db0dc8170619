using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceDefaults.Errors;

/// <summary>
/// Tells the log of requests that met a fault which passes, without a stack trace and not each: while a store is away,
/// that is everybody's.
/// </summary>
public sealed partial class RefusedForNow(TimeProvider clock, ILogger<RefusedForNow> logger)
{
    readonly ConcurrentDictionary<Fault, SparseLine> _lines = new();

    /// <summary>One more request was refused for this reason.</summary>
    public void Note(Exception error)
    {
        var fault = Faults.Of(error);
        var line = _lines.GetOrAdd(fault, _ => new(clock));
        if (line.Add()) Log.Refused(logger, fault, line.Count, error.GetBaseException().Message);
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A request can't be answered now, {Fault} (number {Count}): {Reason}")]
        public static partial void Refused(ILogger logger, Fault fault, int count, string reason);
    }
}
