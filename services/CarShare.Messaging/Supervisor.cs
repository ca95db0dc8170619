namespace CarShare.Messaging;

/// <summary>Keeps a background loop alive: what it throws is logged, and it starts again a second later.</summary>
static partial class Supervisor
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static async Task Keep(string name, Func<CancellationToken, Task> loop, ILogger logger, CancellationToken ct)
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
                Interrupted(logger, name, e);
                await Task.Delay(Pause, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Name} was interrupted and starts again")]
    static partial void Interrupted(ILogger logger, string name, Exception error);
}
