using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CarShare.AppHost;

static class SelfHealingExtensions
{
    /// <summary>
    /// <c>CARSHARE_HEAL=on|off</c>; by default on, but off where tests make and mend the faults themselves.
    /// </summary>
    public static void AddSelfHealing(this IDistributedApplicationBuilder builder)
    {
        var testing = builder.Configuration.GetValue("DcpPublisher:RandomizePorts", false);
        var heal = builder.Chosen("CARSHARE_HEAL", "on", "off") ?? (testing ? "off" : "on");
        if (heal == "on" && !builder.ExecutionContext.IsPublishMode) builder.Services.AddHostedService<SelfHealing>();
    }
}

/// <summary>
/// Does here what Azure Container Apps and Kubernetes do elsewhere: an instance that ended with an error starts again,
/// and one whose liveness probe fails four times in a row is killed, so that it does. What somebody stopped stays
/// stopped.
/// </summary>
sealed partial class SelfHealing(
    ResourceNotificationService notifications, ResourceCommandService commands, TimeProvider clock,
    ILogger<SelfHealing> logger)
    : BackgroundService
{
    static readonly TimeSpan Period = TimeSpan.FromSeconds(0.5);

    readonly ConcurrentDictionary<string, WatchedInstance> _instances = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Watch(stoppingToken), Heal(stoppingToken));

    async Task Watch(CancellationToken ct)
    {
        await foreach (var change in notifications.WatchAsync(ct))
        {
            // A resource with a health check is meant to run for ever; the one-shot migrations have none.
            if (change.Snapshot.IsHidden || !change.Resource.HasAnnotationOfType<HealthCheckAnnotation>()) continue;
            if (change.Resource is not (ProjectResource or ExecutableResource)) continue;
            _instances.GetOrAdd(change.ResourceId, _ => new(change.Resource, clock)).See(change.Snapshot);
        }
    }

    async Task Heal(CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            Timeout = WatchedInstance.Patience,
        };
        using var timer = new PeriodicTimer(Period, clock);
        var work = new Dictionary<string, Task>();
        while (await timer.WaitForNextTickAsync(ct))
        {
            foreach (var (id, instance) in _instances)
                if (work.GetValueOrDefault(id, Task.CompletedTask).IsCompleted) work[id] = Heal(id, instance, http, ct);
        }
    }

    async Task Heal(string id, WatchedInstance instance, HttpClient http, CancellationToken ct)
    {
        if (instance.HasCrashed)
        {
            if (!instance.MayRestart()) return;
            Log.Restarting(logger, id, instance.ExitCode);
            var result = await commands.ExecuteCommandAsync(id, KnownResourceCommands.StartCommand, ct);
            if (!result.Success && !ct.IsCancellationRequested) Log.NotStarted(logger, id, result.Message);
        }
        else if (await instance.Hangs(http, ct))
        {
            Log.Killing(logger, id);
            instance.Kill();
        }
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Instance} ended with {ExitCode} and is started again")]
        public static partial void Restarting(ILogger logger, string instance, int? exitCode);

        [LoggerMessage(LogLevel.Warning, "{Instance} could not be started: {Reason}")]
        public static partial void NotStarted(ILogger logger, string instance, string? reason);

        [LoggerMessage(LogLevel.Warning, "{Instance} does not answer its liveness probe and is killed")]
        public static partial void Killing(ILogger logger, string instance);
    }
}
