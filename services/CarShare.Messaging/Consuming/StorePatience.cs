namespace CarShare.Messaging;

/// <summary>A store that is away, or a race lost in it, is no fault of the event: the work is done again until it succeeds.</summary>
static partial class StorePatience
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static async Task<T> Insist<T>(this IEventSink sink, Func<Task<T>> work, ILogger logger, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await work();
            }
            catch (Exception e) when (sink.IsConflict(e))
            {
                await Task.Delay(Random.Shared.Next(10, 200), ct);
            }
            catch (Exception e) when (sink.IsUnavailable(e))
            {
                Waiting(logger, e);
                await Task.Delay(Pause, ct);
            }
        }
    }

    public static Task Insist(this IEventSink sink, Func<Task> work, ILogger logger, CancellationToken ct) =>
        sink.Insist(async () => { await work(); return true; }, logger, ct);

    [LoggerMessage(LogLevel.Warning, "The store is unavailable; events wait")]
    static partial void Waiting(ILogger logger, Exception error);
}
