using Polly;

namespace CarShare.Migrations;

/// <summary>
/// A server that is still starting is waited for; anything else fails the run, and with it the start of the system.
/// </summary>
static partial class Patience
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static async Task Retry(
        string what, Func<Task> work, Func<Exception, bool> passes, ILogger logger, CancellationToken ct)
    {
        var deadline = DateTime.UtcNow + Limit;
        await new ResiliencePipelineBuilder().AddRetry(new()
        {
            ShouldHandle = args => ValueTask.FromResult(
                args.Outcome.Exception is { } e && passes(e) && DateTime.UtcNow < deadline),
            MaxRetryAttempts = int.MaxValue,
            Delay = Pause,
            OnRetry = args =>
            {
                Log.Waiting(logger, what, args.Outcome.Exception!.Message);
                return ValueTask.CompletedTask;
            },
        }).Build().ExecuteAsync(async _ => await work(), ct);
        Log.Done(logger, what);
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{What}: done")]
        public static partial void Done(ILogger logger, string what);

        [LoggerMessage(LogLevel.Warning, "{What} waits: {Reason}")]
        public static partial void Waiting(ILogger logger, string what, string reason);
    }
}
