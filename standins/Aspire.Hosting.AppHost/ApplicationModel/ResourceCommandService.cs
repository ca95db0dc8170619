using Aspire.Hosting.Processes;

namespace Aspire.Hosting.ApplicationModel;

public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start";
    public static readonly string StopCommand = "stop";
    public static readonly string RestartCommand = "restart";
}

public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }
    public bool Canceled { get; init; }
    public string? Message { get; init; }
}

public class ResourceCommandService
{
    readonly ProcessHost host;

    internal ResourceCommandService(ProcessHost host) => this.host = host;

    /// <summary>Every instance of the resource.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteAsync(resource.Name, [.. host.Instances.Where(i => i.Resource == resource)], commandName, cancellationToken);

    /// <summary>One instance, by its id; the resource's name will do when there is only one.</summary>
    public Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        var byName = host.Instances.Where(i => string.Equals(i.Resource.Name, resourceId, StringComparison.OrdinalIgnoreCase)).ToArray();
        var found = byName.Length == 1 ? byName : [.. host.Instances.Where(i => string.Equals(i.Id, resourceId, StringComparison.OrdinalIgnoreCase))];
        return ExecuteAsync(resourceId, found, commandName, cancellationToken);
    }

    static async Task<ExecuteCommandResult> ExecuteAsync(string name, ResourceInstance[] instances, string command, CancellationToken cancellationToken)
    {
        if (instances.Length == 0) return new() { Success = false, Message = $"Resource '{name}' not found." };
        var results = await Task.WhenAll(instances.Select(i => ExecuteAsync(i, command, cancellationToken)));
        return Array.Find(results, r => !r.Success) ?? results[0];
    }

    static async Task<ExecuteCommandResult> ExecuteAsync(ResourceInstance instance, string command, CancellationToken cancellationToken)
    {
        try
        {
            if (command is not ("start" or "stop" or "restart"))
                return new() { Success = false, Message = $"Command '{command}' not available for resource '{instance.Id}'." };
            if (command is "stop" or "restart") await instance.StopAsync(cancellationToken);
            if (command is "start" or "restart") await instance.StartAsync(cancellationToken);
            return new() { Success = true };
        }
        catch (OperationCanceledException)
        {
            return new() { Success = false, Canceled = true };
        }
        catch (DistributedApplicationException e)
        {
            return new() { Success = false, Message = e.Message };
        }
    }
}
