using System.ComponentModel;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Processes;

/// <summary>One instance (replica) of a project or executable, over all its starts and stops.</summary>
sealed class ResourceInstance
{
    static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    readonly ProcessHost host;
    readonly SemaphoreSlim changes = new(1);
    readonly Lock gate = new();
    CancellationTokenSource starting = new();
    ChildProcess? process;
    Task watching = Task.CompletedTask;
    bool stopping;
    string state = KnownResourceStates.NotStarted;
    int? exitCode;
    HealthStatus? health;

    public ResourceInstance(ProcessHost host, IResource resource, int index, int replicas)
    {
        this.host = host;
        Resource = resource;
        Suffix = new string(Random.Shared.GetItems<char>("abcdefghjkmnpqrstuvwxyz", 8));
        Label = replicas > 1 ? $"{resource.Name}-{index}" : resource.Name;
    }

    public IResource Resource { get; }
    public string Suffix { get; }
    public string Label { get; }
    public string Id => $"{Resource.Name}-{Suffix}";
    public Dictionary<string, int> TargetPorts { get; } = [];
    public bool IsReady
    {
        get { lock (gate) return health == HealthStatus.Healthy; }
    }

    public void Announce() => Publish(state);

    /// <summary>Waits for what the resource depends on, then starts the process. Returns when it runs, not when it is healthy.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await changes.WaitAsync(cancellationToken);
        try
        {
            if (process is { Ended.IsCompleted: false }) return;
            await watching;
            CancellationToken abandoned;
            lock (gate)
            {
                starting.Dispose();
                starting = new();
                abandoned = starting.Token;
                stopping = false;
            }
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, abandoned);
            exitCode = null;
            Publish(KnownResourceStates.Waiting);
            await host.WaitForDependenciesAsync(this, either.Token);
            Publish(KnownResourceStates.Starting);
            var plan = await LaunchPlan.MakeAsync(this, either.Token);
            process = ChildProcess.Start(plan.Command, plan.Arguments, plan.Directory, plan.Environment, host.Watchdog, (line, error) => host.Write(this, line, error));
            Publish(KnownResourceStates.Running);
            watching = WatchAsync(process);
        }
        catch (OperationCanceledException)
        {
            Publish(KnownResourceStates.NotStarted);
            throw;
        }
        catch (Exception e) when (e is DistributedApplicationException or Win32Exception)
        {
            host.Write(this, $"cannot start: {e.Message}", true);
            Publish(KnownResourceStates.FailedToStart);
            throw e as DistributedApplicationException ?? new DistributedApplicationException($"'{Resource.Name}' cannot start: {e.Message}", e);
        }
        finally
        {
            changes.Release();
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (gate) starting.Cancel();
        await changes.WaitAsync(cancellationToken);
        try
        {
            if (process is not { Ended.IsCompleted: false } running) return;
            stopping = true;
            Publish(KnownResourceStates.Stopping);
            await running.StopAsync(StopPatience);
            await watching;
        }
        finally
        {
            changes.Release();
        }
    }

    public void Report(HealthStatus status)
    {
        lock (gate)
        {
            if (state != KnownResourceStates.Running || health == status) return;
            var was = health;
            health = status;
            host.Notifications.Publish(Snapshot());
            if (!Resource.Annotations.Any(a => a is HealthCheckAnnotation or HttpCheckAnnotation)) return;
            if (status == HealthStatus.Healthy) host.Write(this, $"healthy{Addresses()}", false);
            else if (was == HealthStatus.Healthy) host.Write(this, "no longer healthy", true);
        }
    }

    async Task WatchAsync(ChildProcess running)
    {
        using var ended = new CancellationTokenSource();
        var monitoring = new HealthMonitor(this, host.Checks).RunAsync(ended.Token);
        exitCode = await running.Ended;
        await ended.CancelAsync();
        await monitoring;
        var unexpected = !stopping && exitCode != 0;
        if (unexpected) host.ReportCrash(this, exitCode.Value);
        Publish(KnownResourceStates.Finished);
    }

    string Addresses()
    {
        var urls = Resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.IsExternal).Select(e => $"{e.UriScheme}://localhost:{e.AllocatedPort}");
        return string.Join(", ", urls) is { Length: > 0 } text ? $" at {text}" : "";
    }

    void Publish(string next)
    {
        lock (gate)
        {
            state = next;
            health = null;
            host.Notifications.Publish(Snapshot());
        }
    }

    ResourceEvent Snapshot() => new(Resource, Id, new()
    {
        ResourceType = Resource is ProjectResource ? "Project" : "Executable",
        State = state,
        ExitCode = exitCode,
        HealthStatus = health,
        Properties = process is { Ended.IsCompleted: false } running ? [new("executable.pid", running.Id)] : [],
    });
}
