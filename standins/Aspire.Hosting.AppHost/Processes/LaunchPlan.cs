using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Processes;

/// <summary>What to start for one instance: command, arguments, directory and the whole of the environment the model describes.</summary>
sealed record LaunchPlan(string Command, IReadOnlyList<string> Arguments, string Directory, IReadOnlyDictionary<string, string> Environment)
{
    public static async Task<LaunchPlan> MakeAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var resource = instance.Resource;
        var variables = await VariablesAsync(instance, cancellationToken);
        var arguments = new List<string>();
        foreach (var argument in resource.Annotations.OfType<ArgumentsAnnotation>().SelectMany(a => a.Arguments))
            if (await ResolveAsync(argument, instance, cancellationToken) is { } text) arguments.Add(text);

        if (resource is ExecutableResource executable) return new(executable.Command, arguments, executable.WorkingDirectory, variables);

        var project = resource.Annotations.OfType<IProjectMetadata>().Single();
        var assembly = (project as IBuiltProject)?.TargetPath;
        if (!File.Exists(assembly)) throw new DistributedApplicationException($"Project '{resource.Name}' is not built: {assembly ?? project.ProjectPath} is missing.");
        return new("dotnet", [assembly, .. arguments], Path.GetDirectoryName(project.ProjectPath)!, variables);
    }

    static async Task<Dictionary<string, string>> VariablesAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var resource = instance.Resource;
        var given = new Dictionary<string, object>();
        if (resource is ProjectResource)
        {
            given["OTEL_SERVICE_NAME"] = resource.Name;
            given["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={instance.Suffix}";
            var urls = resource.Annotations.OfType<EndpointAnnotation>().Where(e => e.UriScheme is "http" or "https")
                .Select(e => $"{e.UriScheme}://localhost:{instance.TargetPorts[e.Name]}");
            if (string.Join(';', urls) is { Length: > 0 } joined) given["ASPNETCORE_URLS"] = joined;
            foreach (var (name, value) in resource.Annotations.OfType<LaunchProfileAnnotation>().SelectMany(p => p.Profile.Variables)) given[name] = value;
        }
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            if (endpoint.PortVariable is { } variable) given[variable] = $"{instance.TargetPorts[endpoint.Name]}";

        var context = new EnvironmentCallbackContext(resource, given, cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentAnnotation>()) annotation.Callback(context);

        var resolved = new Dictionary<string, string>();
        foreach (var (name, value) in given) resolved[name] = await ResolveAsync(value, instance, cancellationToken) ?? "";
        return resolved;
    }

    static async ValueTask<string?> ResolveAsync(object value, ResourceInstance instance, CancellationToken cancellationToken) => value switch
    {
        EndpointReferenceExpression { Property: EndpointProperty.TargetPort } own when own.Endpoint.Resource == instance.Resource =>
            $"{instance.TargetPorts[own.Endpoint.EndpointName]}",
        IValueProvider provider => await provider.GetValueAsync(cancellationToken),
        _ => value.ToString(),
    };
}
