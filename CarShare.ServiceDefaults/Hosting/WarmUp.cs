using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceDefaults;

/// <summary>Something that makes the first requests wait unless it was done before them.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Work">Done again after a moment when it throws.</param>
public sealed record WarmUp(string Name, Func<IServiceProvider, CancellationToken, Task> Work);

/// <summary>
/// Does every registered <see cref="WarmUp"/> before the server listens: a balancer that finds the port open finds a process that can answer. What is away must not keep the
/// process from starting, so the wait has an end.
/// </summary>
sealed partial class WarmUps(IEnumerable<WarmUp> warmUps, IServiceProvider services, ILogger<WarmUps> logger) : IHostedLifecycleService
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromMilliseconds(200);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.WhenAll(warmUps.Select(warmUp => Do(warmUp, cancellationToken)));

    async Task Do(WarmUp warmUp, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await warmUp.Work(services, patience.Token);
                return;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                if (Stopwatch.GetElapsedTime(start) + Pause > Patience)
                {
                    Log.GivenUp(logger, warmUp.Name, e.Message);
                    return;
                }

                await Task.Delay(Pause, ct);
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Starting without {Name}: {Reason}")]
        public static partial void GivenUp(ILogger logger, string name, string reason);
    }
}
