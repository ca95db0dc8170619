using System.Reflection;

namespace CarShare.AppHost;

static class BuiltOutput
{
    /// <summary>
    /// Starts what was built along with the AppHost instead of <c>dotnet run</c>, which would stay beside each service
    /// with 140 MB. An IDE that debugs the service, <c>dotnet watch</c> and a missing build go the usual way.
    /// </summary>
    public static IResourceBuilder<ProjectResource> FromBuiltOutput(this IResourceBuilder<ProjectResource> project)
    {
        var builder = project.ApplicationBuilder;
        if (builder.ExecutionContext.IsPublishMode || builder.Configuration["DOTNET_WATCH"] is "1" or "true")
            return project;
        var source = project.Resource.GetProjectMetadata().ProjectPath;
        var output = Path.Combine(Path.GetDirectoryName(source)!, "bin", Configuration, Framework,
            $"{Path.GetFileNameWithoutExtension(source)}.dll");
        if (!File.Exists(output)) return project;
        return project.WithLaunchToolArgs(
            context =>
            {
                context.Args.Add("exec");
                context.Args.Add(output);
            },
            ownedByLaunchConfigurationType: "project");
    }

    static string Configuration { get; } =
        typeof(BuiltOutput).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    static string Framework { get; } = $"net{Environment.Version.Major}.{Environment.Version.Minor}";
}
