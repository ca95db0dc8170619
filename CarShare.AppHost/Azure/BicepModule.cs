using System.Text.Json;
using Aspire.Hosting.Publishing;

namespace CarShare.AppHost.Azure;

/// <summary>
/// A Bicep module of this folder, as azd reads it from the manifest. The packages that do this are not on every feed,
/// and the manifest is all that azd needs.
/// </summary>
sealed class BicepModule(string name, string file) : Resource(name)
{
    readonly SortedDictionary<string, object> _parameters = [];

    /// <summary>
    /// A text, a list of them, or something that refers to another resource's value and nothing else.
    /// </summary>
    public BicepModule With(string parameter, object value)
    {
        // azd would pass a reference within other text on as text
        if (value is ReferenceExpression { Format: not "{0}" })
            throw new DistributedApplicationException($"{Name}: {parameter} must be one reference and nothing else.");
        _parameters[parameter] = value;
        return this;
    }

    public BicepOutput Output(string output) => new(this, output);

    public void Write(ManifestPublishingContext context)
    {
        var writer = context.Writer;
        writer.WriteString("type", "azure.bicep.v0");
        writer.WriteString("path", context.GetManifestRelativePath(PathOf(file)));
        writer.WriteStartObject("params");
        foreach (var (parameter, value) in _parameters)
        {
            writer.WritePropertyName(parameter);
            JsonSerializer.Serialize(writer, (value as IManifestExpressionProvider)?.ValueExpression ?? value);
        }

        writer.WriteEndObject();
    }

    public static string PathOf(string file) => Path.Combine(Publishing.Folder, file);
}

/// <summary>What a module says when it has been deployed.</summary>
sealed class BicepOutput(BicepModule module, string output)
    : IManifestExpressionProvider, IValueProvider, IValueWithReferences
{
    public string ValueExpression => $"{{{module.Name}.outputs.{output}}}";

    public IEnumerable<object> References => [module];

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        throw new DistributedApplicationException($"{module.Name} is there only when it has been deployed.");
}

/// <summary>A value in the vault: who needs it gets a reference, never the value.</summary>
sealed class VaultSecret(BicepModule cloud, string name)
    : IManifestExpressionProvider, IValueProvider, IValueWithReferences
{
    public string Name => name;

    public string Url => $"{cloud.Output("VAULT_URI").ValueExpression}secrets/{name}";

    public string ValueExpression => Url;

    public IEnumerable<object> References => [cloud];

    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
        throw new DistributedApplicationException($"{name} is read from the vault by the platform alone.");
}

/// <summary>A store of the cloud as the services know it.</summary>
sealed class CloudStore(string name, ReferenceExpression connection) : Resource(name), IResourceWithConnectionString
{
    public ReferenceExpression ConnectionStringExpression => connection;
}
