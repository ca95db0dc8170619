using System.Text.RegularExpressions;
using Aspire.Hosting.Publishing;
using Microsoft.Extensions.Logging.Abstractions;

namespace CarShare.AppHost.Azure;

/// <summary>One project: a service if it has an endpoint, a job that runs once otherwise.</summary>
sealed class Deployment(ProjectResource project, BicepModule cloud)
{
    const string Broker = "ConnectionStrings__kafka";

    readonly Dictionary<string, EndpointAnnotation> _endpoints =
        project.Annotations.OfType<EndpointAnnotation>().ToDictionary(endpoint => endpoint.Name);

    bool IsJob => _endpoints.Count == 0;

    public void AddEnvironment(IDictionary<string, object> environment)
    {
        if (environment.ContainsKey(Broker)) Cloud.LogInToKafka(environment, cloud, mayMakeTopics: IsJob);
    }

    public async Task Write(ManifestPublishingContext context)
    {
        var configuration = await ExecutionConfigurationBuilder.Create(project).WithEnvironmentVariablesConfig()
            .BuildAsync(context.ExecutionContext, NullLogger.Instance, context.CancellationToken);
        if (configuration.Exception is { } wrong) throw wrong;
        var variables = configuration.EnvironmentVariablesWithUnprocessed
            .OrderBy(variable => variable.Key, StringComparer.Ordinal)
            .Select(variable => Variable.Of(project, cloud, variable.Key, variable.Value.Item1, variable.Value.Item2))
            .ToList();

        var writer = context.Writer;
        writer.WriteString("type", "project.v1");
        writer.WriteString("path", context.GetManifestRelativePath(project.GetProjectMetadata().ProjectPath));
        writer.WriteStartObject("deployment");
        writer.WriteString("type", "azure.bicep.v0");
        var module = BicepModule.PathOf(IsJob ? "job.module.bicep" : "service.module.bicep");
        writer.WriteString("path", context.GetManifestRelativePath(module));
        writer.WriteStartObject("params");
        foreach (var (name, value) in Parameters(variables)) writer.WriteString(name, value);
        writer.WriteEndObject();
        writer.WriteEndObject();
        if (!IsJob) context.WriteBindings(project);
    }

    IEnumerable<(string Name, string Value)> Parameters(List<Variable> variables)
    {
        yield return ("name", project.Name);
        yield return ("image", $"{{{project.Name}.containerImage}}");
        yield return ("environmentId", cloud.Output("AZURE_CONTAINER_APPS_ENVIRONMENT_ID").ValueExpression);
        yield return ("registry", cloud.Output("AZURE_CONTAINER_REGISTRY_ENDPOINT").ValueExpression);
        yield return ("identityId", cloud.Output("IDENTITY_ID").ValueExpression);
        yield return ("settings", AzdJson.List(variables.Select(variable => variable.Secret is { } secret
            ? AzdJson.Object(("name", variable.Name), ("secretRef", secret.Name))
            : AzdJson.Object(("name", variable.Name), ("value", variable.Text)))));
        var secrets = variables.Select(variable => variable.Secret).OfType<VaultSecret>()
            .DistinctBy(secret => secret.Name);
        yield return ("vaulted", AzdJson.List(secrets.Select(secret =>
            AzdJson.Object(("name", secret.Name), ("url", secret.Url)))));
        if (IsJob) yield break;

        var (scale, http) = (Scale.Of(project.Name), _endpoints["http"]);
        var health = _endpoints.GetValueOrDefault("management", http);
        yield return ("domain", cloud.Output("AZURE_CONTAINER_APPS_ENVIRONMENT_DEFAULT_DOMAIN").ValueExpression);
        yield return ("shape", AzdJson.Escape(scale.Shape(PortOf(http), PortOf(health), http.IsExternal)));
        var broker = variables.SingleOrDefault(variable => variable.Name == Broker)?.Text ?? "";
        yield return ("lag", AzdJson.Object([.. scale.Lag(project.Name, broker)]));
    }

    int PortOf(EndpointAnnotation endpoint) => endpoint.TargetPort
        ?? throw new DistributedApplicationException($"{project.Name}: {endpoint.Name} needs a target port.");
}

/// <summary>What one environment variable of a project is once it is published: text, or a secret's name.</summary>
sealed partial record Variable(string Name, string Text, VaultSecret? Secret)
{
    public static Variable Of(ProjectResource project, BicepModule cloud, string name, object? given, string text)
    {
        if (SecretIn(given) is { } secret) return new(name, "", secret);
        var published = given switch
        {
            string literal => AzdJson.Escape(literal),
            ConnectionStringReference { Resource: CloudStore } store =>
                store.Resource.ConnectionStringExpression.ValueExpression,
            _ => text,
        };
        // azd pastes it into a Bicep string: nothing in it may end that string or be more than text
        if (Unsafe().IsMatch(published))
            throw Wrong("has a quote, a backslash, a line break or a dollar brace, which cannot be published");
        return new(name, published, null);

        // a value that only contains a secret would have to be put together where everybody reads it
        VaultSecret? SecretIn(object? value) => value switch
        {
            VaultSecret found => found,
            ParameterResource { Secret: true } parameter => new(cloud, parameter.Name),
            IResourceBuilder<IResource> builder => SecretIn(builder.Resource),
            ConnectionStringReference reference => SecretIn(reference.Resource.ConnectionStringExpression),
            IResourceWithConnectionString store => SecretIn(store.ConnectionStringExpression),
            ReferenceExpression { Format: "{0}" } whole => SecretIn(whole.ValueProviders[0]),
            ReferenceExpression mixed when mixed.ValueProviders.Any(part => SecretIn(part) is not null) =>
                throw Wrong("mixes a secret with other text: put the whole of it into the vault"),
            _ => null,
        };

        DistributedApplicationException Wrong(string what)
        {
            // the publisher logs it and would end as if all were well
            Environment.ExitCode = 1;
            return new($"{project.Name}: {name} {what}.");
        }
    }

    [GeneratedRegex("""['"\\\r\n]|\$\{""")]
    private static partial Regex Unsafe();
}

/// <summary>JSON within a parameter: azd takes single braces for references.</summary>
static class AzdJson
{
    public static string Object(params (string Name, string Value)[] members) =>
        $"{{{{{string.Join(',', members.Select(member => $"\"{member.Name}\":\"{member.Value}\""))}}}}}";

    public static string List(IEnumerable<string> items) => $"[{string.Join(',', items)}]";

    public static string Escape(string text) =>
        text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
}
