using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CarShare.AppHost;

static class LogFilesExtensions
{
    /// <summary><c>CARSHARE_LOGS</c>: a directory for one log file per resource; none if it is not set.</summary>
    public static void AddLogFiles(this IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode || builder.Configuration["CARSHARE_LOGS"] is not { Length: > 0 } directory) return;
        directory = Path.GetFullPath(directory);
        // says of every process which run it belongs to
        foreach (var resource in builder.Resources.OfType<IResourceWithEnvironment>().Where(r => r is ProjectResource or ExecutableResource))
            builder.CreateResourceBuilder(resource).WithEnvironment("CARSHARE_LOGS", directory);
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<LogFiles>(services, directory));
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<ConnectionsFile>(services, directory));
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<CommandsFile>(services, directory));
    }
}

/// <summary>
/// Copies the output of every resource to {directory}/{resource}.log, and keeps {directory}/state: one line "resource state health exit-code" per
/// instance, for scripts that wait until the system is up or want to know what failed.
/// </summary>
sealed class LogFiles(string directory, ResourceLoggerService logs, ResourceNotificationService notifications) : BackgroundService
{
    string StateFile => Path.Combine(directory, "state");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Directory.CreateDirectory(directory);
        File.Delete(StateFile);
        var states = new SortedDictionary<string, string>();
        var files = new Dictionary<string, TextWriter>();
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken))
            {
                if (change.Resource is not (ProjectResource or ExecutableResource or ContainerResource)) continue;
                if (!files.TryGetValue(change.Resource.Name, out var file))
                    files[change.Resource.Name] = file = TextWriter.Synchronized(new StreamWriter(Path.Combine(directory, $"{change.Resource.Name}.log"), append: false) { AutoFlush = true });
                if (!states.ContainsKey(change.ResourceId)) _ = CopyAsync(change.ResourceId, file, stoppingToken);
                states[change.ResourceId] = Describe(change);
                await File.WriteAllLinesAsync($"{StateFile}.new", states.Values, stoppingToken);
                File.Move($"{StateFile}.new", StateFile, overwrite: true);
            }
        }
        catch (OperationCanceledException)
        {
            // the application stops
        }
    }

    static string Describe(ResourceEvent change) =>
        $"{change.Resource.Name} {change.Snapshot.State?.Text ?? "-"} {change.Snapshot.HealthStatus?.ToString() ?? "-"} {change.Snapshot.ExitCode?.ToString() ?? "-"} {Address(change.Resource)}";

    static string Address(IResource resource) =>
        resource is IResourceWithEndpoints server && new EndpointReference(server, "http") is { Exists: true, IsAllocated: true } http ? http.Url : "-";

    async Task CopyAsync(string resourceId, TextWriter file, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var lines in logs.WatchAsync(resourceId).WithCancellation(cancellationToken))
                foreach (var line in lines) await file.WriteLineAsync(line.Content);
        }
        catch (OperationCanceledException)
        {
            // the application stops
        }
    }
}
