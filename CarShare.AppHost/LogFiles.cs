using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CarShare.AppHost;

static class LogFilesExtensions
{
    /// <summary>
    /// A folder for one log file per resource, the state file, the connections and the commands: <c>CARSHARE_LOGS</c>,
    /// by default .carshare/logs for a run on the default data, logs/ of any other data, and none under the testing
    /// builder. <see cref="RunLock"/> has emptied it.
    /// </summary>
    public static void AddLogFiles(this IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode || RunSettings.Of(builder).Logs is not { } directory) return;
        // says of every process which run it belongs to
        foreach (var resource in builder.Resources.OfType<IResourceWithEnvironment>()
            .Where(r => r is ProjectResource or ExecutableResource))
            builder.CreateResourceBuilder(resource).WithEnvironment("CARSHARE_LOGS", directory);
        // Hosted services start when every resource has; these have to see how it comes to that.
        builder.Eventing.Subscribe<BeforeStartEvent>((starting, ct) => Task.WhenAll(
            Start<LogFiles>(starting.Services, directory), Start<ConnectionsFile>(starting.Services, directory),
            Start<CommandsFile>(starting.Services, directory)));
    }

    static Task Start<TService>(IServiceProvider services, string directory)
        where TService : BackgroundService
    {
        var service = ActivatorUtilities.CreateInstance<TService>(services, directory);
        var lifetime = services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.ApplicationStopping.Register(() => _ = service.StopAsync(CancellationToken.None));
        return service.StartAsync(lifetime.ApplicationStopping);
    }
}

/// <summary>
/// Copies the output of every resource to {directory}/{resource}.log, and keeps {directory}/state: one line "resource
/// state health exit-code address" per instance, for scripts that wait until the system is up or want to know what
/// failed.
/// </summary>
sealed partial class LogFiles(string directory, ResourceLoggerService logs, ResourceNotificationService notifications)
    : BackgroundService
{
    string StateFile => Path.Combine(directory, "state");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var states = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var files = new Dictionary<string, TextWriter>(StringComparer.Ordinal);
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken))
            {
                if (change.Snapshot.IsHidden
                    || change.Resource is not (ProjectResource or ExecutableResource or ContainerResource))
                    continue;
                if (!files.TryGetValue(change.Resource.Name, out var file))
                    files[change.Resource.Name] = file = NewLog(change.Resource.Name);
                if (!states.ContainsKey(change.ResourceId)) _ = CopyAsync(change.ResourceId, file, stoppingToken);
                states[change.ResourceId] = Describe(change);
                await using (var writer = new StreamWriter(PrivateFiles.Create($"{StateFile}.new")))
                    foreach (var line in states.Values) await writer.WriteLineAsync(line);
                File.Move($"{StateFile}.new", StateFile, overwrite: true);
            }
        }
        catch (OperationCanceledException)
        {
            // the application stops
        }
    }

    TextWriter NewLog(string resource) =>
        TextWriter.Synchronized(
            new StreamWriter(PrivateFiles.Create(Path.Combine(directory, $"{resource}.log"))) { AutoFlush = true });

    static string Describe(ResourceEvent change) =>
        $"{change.Resource.Name} {Text(change.Snapshot.State?.Text)} {Text(change.Snapshot.HealthStatus?.ToString())} "
            + $"{Text(change.Snapshot.ExitCode?.ToString(CultureInfo.InvariantCulture))} {Address(change.Resource)}";

    static string Text(string? text) => string.IsNullOrEmpty(text) ? "-" : text;

    static string Address(IResource resource) =>
        resource is IResourceWithEndpoints server
            && new EndpointReference(server, "http") is { Exists: true, IsAllocated: true } http ? http.Url : "-";

    async Task CopyAsync(string resourceId, TextWriter file, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var lines in logs.WatchAsync(resourceId).WithCancellation(cancellationToken))
                foreach (var line in lines) await file.WriteLineAsync(Decoration().Replace(line.Content, ""));
        }
        catch (OperationCanceledException)
        {
            // the application stops
        }
    }

    // the orchestrator's time stamp (a service writes its own where it wants one) and colours for the dashboard
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT[\d:.]+Z ?|\x1b\[[\d;]*m")]
    private static partial Regex Decoration();
}
