using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CarShare.AppHost;

static class LogFilesExtensions
{
    /// <summary><c>CARSHARE_LOGS</c>: a directory for one log file per resource; none if it is not set.</summary>
    public static void AddLogFiles(this IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode || builder.Configuration["CARSHARE_LOGS"] is not { Length: > 0 } directory) return;
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<LogFiles>(services, Path.GetFullPath(directory)));
    }
}

/// <summary>
/// Copies the output of every resource to {directory}/{resource}.log, and keeps {directory}/state: one line "resource state health exit-code" per
/// instance, for scripts that wait until the system is up or want to know what failed.
/// </summary>
sealed class LogFiles(string directory, DistributedApplicationModel model, ResourceLoggerService logs, ResourceNotificationService notifications) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Directory.CreateDirectory(directory);
        var running = model.Resources.Where(r => r is ProjectResource or ExecutableResource or ContainerResource).ToArray();
        try
        {
            await Task.WhenAll([WatchStatesAsync(running, stoppingToken), .. running.Select(r => CopyAsync(r, stoppingToken))]);
        }
        catch (OperationCanceledException)
        {
            // the application stops
        }
    }

    async Task CopyAsync(IResource resource, CancellationToken cancellationToken)
    {
        await using var file = new StreamWriter(Path.Combine(directory, $"{resource.Name}.log"), append: false);
        await foreach (var lines in logs.WatchAsync(resource).WithCancellation(cancellationToken))
        {
            foreach (var line in lines) await file.WriteLineAsync(line.Content);
            await file.FlushAsync(cancellationToken);
        }
    }

    async Task WatchStatesAsync(IResource[] running, CancellationToken cancellationToken)
    {
        var (current, file) = (new SortedDictionary<string, string>(), Path.Combine(directory, "state"));
        await foreach (var change in notifications.WatchAsync(cancellationToken))
        {
            if (!running.Contains(change.Resource)) continue;
            var (state, health, exitCode) = (change.Snapshot.State?.Text, change.Snapshot.HealthStatus?.ToString(), change.Snapshot.ExitCode?.ToString());
            current[change.ResourceId] = $"{change.Resource.Name} {state ?? "-"} {health ?? "-"} {exitCode ?? "-"}";
            await File.WriteAllLinesAsync($"{file}.new", current.Values, cancellationToken);
            File.Move($"{file}.new", file, overwrite: true);
        }
    }
}
