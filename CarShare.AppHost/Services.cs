using Microsoft.Extensions.Configuration;

namespace CarShare.AppHost;

static class Services
{
    /// <summary>
    /// The variable that says where a project answers probes, if not where it answers everything else.
    /// </summary>
    public const string ManagementPort = "MANAGEMENT_PORT";

    const int PublishedPort = 8080, PublishedManagementPort = 8081;

    // reserved by Container Apps for its own infrastructure
    const string ContainerAppsProxies = "100.100.0.0/16";

    /// <summary>
    /// A service with its own HTTP endpoint: starts when the schemas and topics are there, and waits for no other
    /// service.
    /// </summary>
    public static IResourceBuilder<ProjectResource> AddService<TProject>(
        this IDistributedApplicationBuilder builder, string name, IResourceBuilder<IResourceWithConnectionString> kafka,
        IResourceBuilder<ProjectResource> migrations, Identity identity)
        where TProject : IProjectMetadata, new() =>
        builder.AddProject<TProject>(name, launchProfileName: null)
            .WithHttpEndpoint(targetPort: builder.ExecutionContext.IsPublishMode ? PublishedPort : null)
            .WithReference(kafka)
            .WaitForCompletion(migrations)
            .WithClient(identity)
            .WithProbes("http")
            .WithReplicas()
            .WithSettings();

    /// <summary>The pages. What seals their sessions is the same for every instance.</summary>
    public static IResourceBuilder<ProjectResource> AddWeb<TProject>(
        this IDistributedApplicationBuilder builder, string name, Identity identity)
        where TProject : IProjectMetadata, new() =>
        builder.AddProject<TProject>(name, launchProfileName: null)
            .WithHttpEndpoint(targetPort: builder.ExecutionContext.IsPublishMode ? PublishedPort : null)
            .WithClient(identity)
            .WithSecret("Web__SessionKey", $"{name}-session-key")
            .WithProbes("http")
            .WithReplicas()
            .WithSettings();

    /// <summary>The only public entry. Its own health is answered on a second endpoint, which is not public.</summary>
    public static IResourceBuilder<ProjectResource> AddGateway<TProject>(
        this IDistributedApplicationBuilder builder, string name, int port, Identity identity)
        where TProject : IProjectMetadata, new()
    {
        // published, the port outside is the platform's matter: only the one inside is given
        var isPublished = builder.ExecutionContext.IsPublishMode;
        var (outside, inside, management) =
            isPublished ? (default(int?), (int?)PublishedPort, (int?)PublishedManagementPort) : (port, null, null);
        var gateway = builder.AddProject<TProject>(name, launchProfileName: null)
            .WithEndpoint(port: outside, targetPort: inside, scheme: "http", name: "http", isExternal: true)
            .WithHttpEndpoint(targetPort: management, name: "management", env: ManagementPort)
            .WithTokens(identity)
            .WithProbes("management")
            .WithReplicas()
            .WithSettings();
        // The platform's own proxies say who asks. Without their word all customers without a token would share one
        // address, and one limit.
        return isPublished
            ? gateway.WithEnvironment("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true")
                .WithEnvironment("Ingress__Networks__0", ContainerAppsProxies)
            : gateway;
    }

    /// <summary>gRPC without TLS needs a port of its own. Published, nobody reaches it yet.</summary>
    public static IResourceBuilder<ProjectResource> WithGrpc(
        this IResourceBuilder<ProjectResource> project, int? port = null) =>
        project.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? project : project.WithEndpoint(
                port: port, scheme: "http", name: "grpc", env: "GRPC_PORT", isExternal: port is not null);

    static IResourceBuilder<ProjectResource> WithProbes(
        this IResourceBuilder<ProjectResource> project, string endpoint) => project
        .WithHttpProbe(ProbeType.Startup, "/started", endpointName: endpoint)
        .WithHttpProbe(ProbeType.Readiness, "/health", endpointName: endpoint)
        .WithHttpProbe(ProbeType.Liveness, "/alive", endpointName: endpoint);

    /// <summary><c>Replicas:{resource}</c> of the AppHost's configuration.</summary>
    static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> project) =>
        project.ApplicationBuilder.Replicas(project.Resource.Name) is { } replicas
            ? project.WithReplicas(replicas)
            : project;

    /// <summary>
    /// The AppHost's environment, which a project without launch profile would not learn, and
    /// <c>Settings:{resource}:{key}</c> of its configuration as environment variables of that resource. Published, a
    /// setting that is a secret becomes a parameter, so that its value is in no file.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithSettings(this IResourceBuilder<ProjectResource> project)
    {
        var (builder, name) = (project.ApplicationBuilder, project.Resource.Name);
        var isPublished = builder.ExecutionContext.IsPublishMode;
        if (!isPublished)
        {
            project.FromBuiltOutput()
                .WithEnvironment("DOTNET_ENVIRONMENT", builder.Environment.EnvironmentName)
                .WithEnvironment("ASPNETCORE_ENVIRONMENT", builder.Environment.EnvironmentName);
            // Aspire names a collector also where there is none (microsoft/aspire#3349): spans would be for nobody.
            if (!builder.HasDashboard())
                project.WithEnvironment(context =>
                    context.EnvironmentVariables.Remove("OTEL_EXPORTER_OTLP_ENDPOINT"));
        }
        else
        {
            // every trace costs more than it tells: see docs/telemetry.md
            project.WithEnvironment("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
                .WithEnvironment("OTEL_TRACES_SAMPLER_ARG", "0.1");
        }

        foreach (var (key, value) in builder.Configuration.GetSection($"Settings:{name}")
            .AsEnumerable(makePathsRelative: true))
        {
            if (value is null) continue;
            var variable = key.Replace(":", "__");
            if (isPublished && IsSecret(key))
                project.WithEnvironment(
                    variable, builder.AddParameter($"{name}-{key.Replace(':', '-')}".ToLowerInvariant(), secret: true));
            else project.WithEnvironment(variable, value);
        }

        return project;
    }

    static bool IsSecret(string key) =>
        ((string[])["password", "secret", "token", "key"]).Any(
            end => key.EndsWith(end, StringComparison.OrdinalIgnoreCase));
}
