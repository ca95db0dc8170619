using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Processes;

/// <summary>Runs the model: every project and executable as child processes, until the application stops.</summary>
sealed class ProcessHost(
    DistributedApplicationModel model, DistributedApplicationExecutionContext context, IConfiguration configuration,
    ResourceNotificationService notifications, ResourceLoggerService logs, HealthCheckService checks) : IHostedService, IDisposable
{
    const int CrashLines = 20;

    readonly EndpointAllocation endpoints = new(configuration.GetValue("DcpPublisher:RandomizePorts", false));
    readonly bool quiet = configuration.GetValue("ResourceLogs:Quiet", false);
    readonly CancellationTokenSource stop = new();
    readonly Lock console = new();
    Watchdog? watchdog;
    int disposed;
    Task starting = Task.CompletedTask;

    public IReadOnlyList<ResourceInstance> Instances { get; private set; } = [];
    public ResourceNotificationService Notifications => notifications;
    public HealthCheckService Checks => checks;
    public Watchdog Watchdog => watchdog ?? throw new InvalidOperationException("The application has not been started.");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (context.IsPublishMode) throw new DistributedApplicationException("Publishing needs the real Aspire packages: restore from a feed that has them.");
        if (model.Resources.OfType<ContainerResource>().FirstOrDefault() is { } container)
            throw new DistributedApplicationException($"'{container.Name}' is a container, and this host starts processes only: set CARSHARE_INFRA=local.");

        var runnable = model.Resources.Where(r => r is ProjectResource or ExecutableResource).ToArray();
        endpoints.Allocate(runnable);
        watchdog = new();
        var instances = new List<ResourceInstance>();
        foreach (var resource in runnable)
        {
            var count = resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
            var replicas = Enumerable.Range(0, count).Select(i => new ResourceInstance(this, resource, i, count)).ToArray();
            if (count > 0) endpoints.Assign(replicas);
            instances.AddRange(replicas);
        }
        Instances = instances;
        foreach (var instance in instances) instance.Announce();
        starting = Task.WhenAll(instances.Where(i => !i.Resource.Annotations.OfType<ExplicitStartAnnotation>().Any()).Select(TryStartAsync));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stop.CancelAsync();
        await starting;
        var stopped = new Dictionary<IResource, Task>();
        await Task.WhenAll(Instances.Select(i => i.Resource).Distinct().Select(r => StopAfterDependentsAsync(r, stopped)));
    }

    public async Task WaitForDependenciesAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        foreach (var wait in instance.Resource.Annotations.OfType<WaitAnnotation>())
        {
            var replicas = Instances.Where(i => i.Resource == wait.Resource).ToArray();
            await Task.WhenAll(replicas.Select(r => WaitForAsync(wait, r, cancellationToken)));
        }
    }

    async Task WaitForAsync(WaitAnnotation wait, ResourceInstance replica, CancellationToken cancellationToken)
    {
        var name = wait.Resource.Name;
        var reached = await notifications.WaitForResourceAsync(name, e => e.ResourceId == replica.Id && (wait.ExitCode is null
            ? e.Snapshot.HealthStatus == HealthStatus.Healthy
            : KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text)), cancellationToken);
        if (wait.ExitCode is { } expected && reached.Snapshot.ExitCode != expected)
            throw new DistributedApplicationException($"'{name}' should have ended with exit code {expected}, but {reached.Snapshot.ExitCode?.ToString() ?? "did not start"}.");
    }

    public void Write(ResourceInstance instance, string line, bool isError)
    {
        logs.Of(instance.Id).Add(line, isError);
        if (quiet) return;
        lock (console) Console.Out.WriteLine($"[{instance.Label}] {line}");
    }

    public void ReportCrash(ResourceInstance instance, int exitCode)
    {
        var last = logs.Of(instance.Id).Last(CrashLines);
        Write(instance, $"ended with exit code {exitCode} ({Reason(exitCode)}) and is not started again", true);
        lock (console)
        {
            Console.Error.WriteLine($"*** {instance.Label} ended with exit code {exitCode} ({Reason(exitCode)}). Its last lines:");
            foreach (var line in last) Console.Error.WriteLine($"    {line}");
        }
    }

    static string Reason(int exitCode) => exitCode switch
    {
        137 => "SIGKILL",
        139 => "SIGSEGV",
        134 => "SIGABRT",
        143 => "SIGTERM",
        _ => "failure",
    };

    async Task TryStartAsync(ResourceInstance instance)
    {
        try
        {
            await instance.StartAsync(stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or DistributedApplicationException)
        {
            // stopped before it began, or reported already, in its state and its log
        }
    }

    /// <summary>Servers outlive their clients, so that those can finish what they have begun.</summary>
    Task StopAfterDependentsAsync(IResource resource, Dictionary<IResource, Task> stopped)
    {
        if (stopped.TryGetValue(resource, out var known)) return known;
        var dependents = Instances.Select(i => i.Resource).Distinct()
            .Where(r => r != resource && r.Annotations.OfType<WaitAnnotation>().Any(w => w.Resource == resource))
            .Select(r => StopAfterDependentsAsync(r, stopped)).ToArray();
        return stopped[resource] = StopAsync(resource, Task.WhenAll(dependents));
    }

    async Task StopAsync(IResource resource, Task dependents)
    {
        await dependents;
        await Task.WhenAll(Instances.Where(i => i.Resource == resource).Select(i => i.StopAsync(CancellationToken.None)));
    }

    public void Dispose()
    {
        // once as itself and once as hosted service
        if (Interlocked.Exchange(ref disposed, 1) == 1) return;
        watchdog?.Dispose();
        endpoints.Dispose();
        stop.Dispose();
    }
}
