using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

public interface IProjectMetadata : IResourceAnnotation
{
    string ProjectPath { get; }
}

/// <summary>What the build of the AppHost knows besides: the assembly to run.</summary>
public interface IBuiltProject
{
    string TargetPath { get; }
}

public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name) where TProject : IProjectMetadata, new()
    {
        var project = builder.AddProject<TProject>(name, launchProfileName: null);
        if (LaunchProfile.FirstOf(Path.GetDirectoryName(new TProject().ProjectPath)!) is not { } profile) return project;
        foreach (var url in profile.Urls)
        {
            var taken = project.Resource.Annotations.OfType<EndpointAnnotation>().Any(e => e.Name == url.Scheme);
            if (!taken) project.WithEndpoint(port: url.Port, scheme: url.Scheme);
        }
        return project.With(new LaunchProfileAnnotation(profile));
    }

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
        where TProject : IProjectMetadata, new()
    {
        var metadata = new TProject();
        var project = builder.AddResource(new ProjectResource(name)).With(metadata);
        if (launchProfileName is null) return project;
        return LaunchProfile.Named(Path.GetDirectoryName(metadata.ProjectPath)!, launchProfileName) is { } profile
            ? project.With(new LaunchProfileAnnotation(profile))
            : throw new DistributedApplicationException($"Launch settings file does not contain '{launchProfileName}' profile.");
    }

    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        foreach (var old in builder.Resource.Annotations.OfType<ReplicaAnnotation>().ToArray()) builder.Resource.Annotations.Remove(old);
        return builder.With(new ReplicaAnnotation(replicas));
    }
}

public static class ExecutableResourceBuilderExtensions
{
    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params string[]? args) =>
        builder.AddResource(new ExecutableResource(name, command, Path.GetFullPath(workingDirectory, builder.AppHostDirectory))).WithArgs(args ?? []);
}

public static class ParameterResourceBuilderExtensions
{
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, () => builder.Configuration[$"Parameters:{name}"]
            ?? throw new DistributedApplicationException($"Parameter resource could not be used because configuration key 'Parameters:{name}' is missing."), secret));

    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, () => builder.Configuration[$"Parameters:{name}"] ?? value, secret));

    public static IResourceBuilder<IResourceWithConnectionString> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, string? environmentVariableName = null) =>
        builder.AddResource(new ConnectionStringParameter(name, builder.Configuration, environmentVariableName));

    sealed class ConnectionStringParameter(string name, IConfiguration configuration, string? variable) : Resource(name), IResourceWithConnectionString
    {
        public string? ConnectionStringEnvironmentVariable => variable;

        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{configuration.GetConnectionString(Name)
            ?? throw new DistributedApplicationException($"Connection string resource '{Name}' could not be used because connection string '{Name}' is missing.")}");
    }
}

public static class ConnectionStringBuilderExtensions
{
    public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
        this IDistributedApplicationBuilder builder, string name, ReferenceExpression connectionStringExpression) =>
        builder.AddResource(new ConnectionStringResource(name, connectionStringExpression));
}
