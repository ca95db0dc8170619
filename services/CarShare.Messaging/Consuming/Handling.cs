namespace CarShare.Messaging;

/// <summary>
/// Hands events to the sink: together where that works, else one by one, with those parked that can't be handled.
/// </summary>
sealed partial class Handling(
    ConsumerOptions options, IEventSink sink, Supervisor supervisor, MessagingMetrics metrics, ILogger<Handling> logger)
{
    // One row that somebody has locked must not hold up all others; well below what the group allows between two polls,
    // which every part of a batch may need once.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>
    /// All in one transaction; false if it fails for a reason that does not pass by itself, or not soon.
    /// </summary>
    public async Task<bool> Together(
        IReadOnlyList<ReceivedEvent> batch, IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        try
        {
            await Handle(batch, positions, ct);
            return true;
        }
        catch (Exception e) when (e is not (OperationCanceledException or PositionLostException))
        {
            Log.Failed(logger, options.Group, batch.Count, batch[0].Type, batch[0].Id, e.GetBaseException().Message);
            return false;
        }
    }

    /// <summary>One event by itself; false if it has to be tried again after <see cref="Rest"/>.</summary>
    /// <param name="received">The event.</param>
    /// <param name="position">Stored with its effect, or with the dead letter.</param>
    /// <param name="attempt">1 for the first time.</param>
    /// <param name="ct">Stops waiting for a store that is away.</param>
    public async Task<bool> Alone(ReceivedEvent received, ConsumerPosition position, int attempt, CancellationToken ct)
    {
        try
        {
            await Handle([received], [position], ct);
            return true;
        }
        catch (Exception e) when (e is not (OperationCanceledException or PositionLostException))
        {
            // What passes by itself is no fault of the event: it is never parked.
            if (Faults.Passes(e)) return false;
            if (Faults.Of(e) != Fault.Input && attempt < options.MaxTries)
            {
                Log.Tried(logger, options.Group, received.Type, received.Id, attempt, e);
                return false;
            }

            return await Park(received, e, position, ct);
        }
    }

    /// <summary>100 ms, 200 ms, … up to 10 s.</summary>
    public static TimeSpan Rest(int attempt) =>
        TimeSpan.FromMilliseconds(Math.Min(50 << Math.Min(attempt, 10), 10_000));

    async Task Handle(
        IReadOnlyList<ReceivedEvent> batch, IReadOnlyCollection<ConsumerPosition> positions, CancellationToken ct)
    {
        var distinct = batch.DistinctBy(e => e.Id).ToList();
        var handled = await supervisor.Retry(
            $"{options.Group}: handling", () => sink.Handle(distinct, positions, CancellationToken.None), ct, Patience);
        metrics.Handled(batch.Count, handled with { Repeated = handled.Repeated + batch.Count - distinct.Count });
    }

    async Task<bool> Park(ReceivedEvent received, Exception error, ConsumerPosition position, CancellationToken ct)
    {
        try
        {
            await supervisor.Retry($"{options.Group}: parking", async () =>
            {
                await sink.Park(received, error, position, CancellationToken.None);
                return true;
            }, ct, Patience);
            metrics.Parked(received.Type);
            Log.Parked(logger, options.Group, received.Type, received.Id, error);
            return true;
        }
        catch (Exception e) when (e is not (OperationCanceledException or PositionLostException))
        {
            // Holds up its own partition only, and says so.
            supervisor.Note($"{options.Group}: parking", e);
            return false;
        }
    }

    static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "{Group}: {Count} events from {Type} {Id} on failed together and are tried one by one: {Reason}")]
        public static partial void Failed(ILogger logger, string group, int count, string type, Guid id, string reason);

        [LoggerMessage(LogLevel.Warning, "{Group}: {Type} {Id} failed, try {Attempt}")]
        public static partial void Tried(
            ILogger logger, string group, string type, Guid id, int attempt, Exception error);

        [LoggerMessage(LogLevel.Error, "{Group}: {Type} {Id} can't be handled and is parked as a dead letter")]
        public static partial void Parked(ILogger logger, string group, string type, Guid id, Exception error);
    }
}
