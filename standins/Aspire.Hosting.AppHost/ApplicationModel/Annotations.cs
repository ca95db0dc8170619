namespace Aspire.Hosting.ApplicationModel;

public class EnvironmentCallbackContext(IResource resource, Dictionary<string, object> environmentVariables, CancellationToken cancellationToken)
{
    public Dictionary<string, object> EnvironmentVariables => environmentVariables;
    public IResource Resource => resource;
    public CancellationToken CancellationToken => cancellationToken;
}

public enum ProbeType
{
    Startup,
    Readiness,
    Liveness,
}

public enum WaitBehavior
{
    WaitOnResourceUnavailable,
    StopOnResourceUnavailable,
}

public sealed class ResourceUrlAnnotation : IResourceAnnotation
{
    public required string Url { get; set; }
    public string? DisplayText { get; set; }
}

sealed record EnvironmentAnnotation(Action<EnvironmentCallbackContext> Callback) : IResourceAnnotation;

sealed record ArgumentsAnnotation(IReadOnlyList<object> Arguments) : IResourceAnnotation;

/// <param name="ExitCode">Null: wait until the resource is healthy. Otherwise: until it has ended with this code.</param>
sealed record WaitAnnotation(IResource Resource, int? ExitCode) : IResourceAnnotation;

sealed record HealthCheckAnnotation(string Key) : IResourceAnnotation;

sealed record HttpCheckAnnotation(string EndpointName, string Path, int StatusCode) : IResourceAnnotation;

sealed record ReplicaAnnotation(int Replicas) : IResourceAnnotation;

sealed record ExplicitStartAnnotation : IResourceAnnotation;

sealed record LaunchProfileAnnotation(LaunchProfile Profile) : IResourceAnnotation;
