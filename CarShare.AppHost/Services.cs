using Microsoft.Extensions.Configuration;

namespace CarShare.AppHost;

static class Services
{
    const int PublishedManagementPort = 8081;

    /// <summary>A service with its own HTTP endpoint: starts when the schemas and topics are there, and waits for no other service.</summary>
    public static IResourceBuilder<ProjectResource> AddService<TProject>(
        this IDistributedApplicationBuilder builder, string name, IResourceBuilder<IResourceWithConnectionString> kafka, IResourceBuilder<ProjectResource> migrations, Identity identity)
        where TProject : IProjectMetadata, new() =>
        builder.AddProject<TProject>(name, launchProfileName: null)
            .WithHttpEndpoint()
            .WithReference(kafka)
            .WaitForCompletion(migrations)
            .WithClient(identity)
            .WithProbes("http")
            .WithReplicas()
            .WithSettings();

    /// <summary>The only public entry. Its own health is answered on a second endpoint, which is not public.</summary>
    public static IResourceBuilder<ProjectResource> AddGateway<TProject>(this IDistributedApplicationBuilder builder, string name, int port, Identity identity)
        where TProject : IProjectMetadata, new()
    {
        int? managementPort = builder.ExecutionContext.IsPublishMode ? PublishedManagementPort : null;
        return builder.AddProject<TProject>(name, launchProfileName: null)
            .WithEndpoint(port: port, scheme: "http", name: "http", isExternal: true)
            .WithHttpEndpoint(targetPort: managementPort, name: "management", env: "MANAGEMENT_PORT")
            .WithTokens(identity)
            .WithProbes("management")
            .WithReplicas()
            .WithSettings();
    }

    static IResourceBuilder<ProjectResource> WithProbes(this IResourceBuilder<ProjectResource> project, string endpoint) => project
        .WithHttpProbe(ProbeType.Startup, "/started", endpointName: endpoint)
        .WithHttpProbe(ProbeType.Readiness, "/health", endpointName: endpoint)
        .WithHttpProbe(ProbeType.Liveness, "/alive", endpointName: endpoint);

    /// <summary><c>Replicas:{resource}</c> of the AppHost's configuration.</summary>
    static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> project) =>
        project.ApplicationBuilder.Configuration.GetValue<int?>($"Replicas:{project.Resource.Name}") is { } replicas ? project.WithReplicas(replicas) : project;

    /// <summary>
    /// The AppHost's environment, which a project without launch profile would not learn, and <c>Settings:{resource}:{key}</c> of its configuration
    /// as environment variables of that resource.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithSettings(this IResourceBuilder<ProjectResource> project)
    {
        var builder = project.ApplicationBuilder;
        if (builder.ExecutionContext.IsPublishMode) return project;
        project.WithEnvironment("DOTNET_ENVIRONMENT", builder.Environment.EnvironmentName).WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName);
        foreach (var (key, value) in builder.Configuration.GetSection($"Settings:{project.Resource.Name}").AsEnumerable(makePathsRelative: true))
            if (value is not null) project.WithEnvironment(key.Replace(":", "__"), value);
        return project;
    }
}
