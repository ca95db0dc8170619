using System.Diagnostics;
using System.Net;
using CarShare.ServiceDefaults.Authentication;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CarShare.ServiceDefaults;

/// <summary>Something that makes the first requests wait unless it was done before them.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Work">Done again after a moment when it throws.</param>
public sealed record WarmUp(string Name, Func<IServiceProvider, CancellationToken, Task> Work);

/// <summary>
/// Does every registered <see cref="WarmUp"/> before the server listens, and sends the first request itself before
/// <c>/health</c> says ready: a balancer that finds the process finds one that can answer. What is away must not keep
/// the process from starting, so the wait has an end.
/// </summary>
sealed partial class WarmUps(
    IEnumerable<WarmUp> warmUps, IServiceProvider services, IHttpClientFactory clients, ILogger<WarmUps> logger)
    : IHostedLifecycleService, IHealthCheck
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromMilliseconds(200);

    readonly long _start = Stopwatch.GetTimestamp();
    volatile bool _done;

    TimeSpan Left => Patience - Stopwatch.GetElapsedTime(_start);

    public Task StartingAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(warmUps.Select(warmUp => Do(warmUp, cancellationToken)));

    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        var addresses = services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.Select(
            BindingAddress.Parse);
        if (addresses?.FirstOrDefault(address => address.Scheme == Uri.UriSchemeHttp) is { } own)
            await Do(new("a request of its own", (_, ct) => Ask(new UriBuilder(
                own.Scheme, IPAddress.Loopback.ToString(), own.Port, "/alive").Uri, ct)), cancellationToken);
        _done = true;
    }

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_done ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("warming up"));

    /// <summary>Shows the token that other services show, so that a signature has been checked once, too.</summary>
    async Task Ask(Uri own, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, own);
        if (services.GetService<ServiceTokens>() is { } tokens)
            request.Headers.Authorization = new("Bearer", await tokens.Get(ct));
        using var client = clients.CreateClient(nameof(WarmUps));
        using var answer = await client.SendAsync(request, ct);
    }

    async Task Do(WarmUp warmUp, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Left > TimeSpan.Zero ? Left : TimeSpan.Zero);
        while (true)
        {
            try
            {
                await warmUp.Work(services, patience.Token);
                return;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                if (Left < Pause)
                {
                    Log.GivenUp(logger, warmUp.Name, e.Message);
                    return;
                }

                await Task.Delay(Pause, ct);
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Starting without {Name}: {Reason}")]
        public static partial void GivenUp(ILogger logger, string name, string reason);
    }
}
