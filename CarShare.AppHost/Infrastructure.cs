using CarShare.AppHost.Azure;

namespace CarShare.AppHost;

/// <summary>
/// PostgreSQL, Kafka, Redis and the identity provider: the same names, connection strings and tokens whichever way they
/// run.
/// </summary>
sealed record Infrastructure(
    IResourceBuilder<IResource> Postgres,
    Func<string, IResourceBuilder<IResourceWithConnectionString>> AddDatabase,
    IResourceBuilder<IResourceWithConnectionString> Kafka,
    IResourceBuilder<IResourceWithConnectionString> Redis,
    Identity Identity);

static class InfrastructureChoice
{
    /// <summary>
    /// <c>CARSHARE_INFRA=containers|local</c>; by default containers where an engine answers, else local servers.
    /// </summary>
    public static Infrastructure AddInfrastructure(this IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode) return builder.AddCloud();
        var choice = builder.Chosen("CARSHARE_INFRA", "containers", "local")
            ?? (HasContainerEngine() ? "containers" : "local");
        return choice == "local" ? builder.AddLocalServers() : builder.AddContainers();
    }

    static bool HasContainerEngine()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 })
            return true;
        var user = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") ?? "/nonexistent";
        string[] sockets =
            ["/var/run/docker.sock", "/run/podman/podman.sock", $"{user}/docker.sock", $"{user}/podman/podman.sock"];
        return sockets.Any(File.Exists);
    }
}
