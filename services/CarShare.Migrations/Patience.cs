namespace CarShare.Migrations;

/// <summary>A server that is still starting is waited for; anything else fails the run, and with it the start of the system.</summary>
static partial class Patience
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static async Task Retry(string what, Func<Task> work, Func<Exception, bool> passes, ILogger logger, CancellationToken ct)
    {
        var deadline = DateTime.UtcNow + Limit;
        while (true)
        {
            try
            {
                await work();
                Log.Done(logger, what);
                return;
            }
            catch (Exception e) when (passes(e) && DateTime.UtcNow < deadline)
            {
                Log.Waiting(logger, what, e.Message);
                await Task.Delay(Pause, ct);
            }
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{What}: done")]
        public static partial void Done(ILogger logger, string what);

        [LoggerMessage(LogLevel.Warning, "{What} waits: {Reason}")]
        public static partial void Waiting(ILogger logger, string what, string reason);
    }
}
