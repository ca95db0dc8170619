using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Azure;

/// <summary>What the real AppHost tells azd, written as azd has it written.</summary>
sealed partial record Manifest(string Folder, JsonObject Resources)
{
    public const string AppHost = "CarShare.AppHost";

    static readonly Lazy<Task<Manifest>> Made = new(() => Write([]));

    /// <summary>The manifest of the solution as it is; its folder is one where azd finds it.</summary>
    public static Task<Manifest> Read() => Made.Value;

    /// <summary>Writes one with other settings of the AppHost.</summary>
    public static async Task<Manifest> Write(Dictionary<string, string?> environment)
    {
        var root = Directory.CreateTempSubdirectory("carshare-publish").FullName;
        var folder = Directory.CreateDirectory(Path.Combine(root, AppHost)).FullName;
        File.Copy(Path.Combine(Tool.Root, "azure.yaml"), Path.Combine(root, "azure.yaml"));
        var project = $"{AppHost}.csproj";
        File.Copy(Path.Combine(Tool.Root, AppHost, project), Path.Combine(folder, project));
        await Tool.Output("dotnet", Arguments(folder), Path.Combine(Tool.Root, AppHost), environment);
        var text = await File.ReadAllTextAsync(FileIn(folder), TestContext.Current.CancellationToken);
        return new(root, JsonNode.Parse(text)!["resources"]!.AsObject());
    }

    public static Task<Outcome> TryWrite(Dictionary<string, string?> environment)
    {
        var folder = Directory.CreateTempSubdirectory("carshare-publish").FullName;
        return Tool.Run("dotnet", Arguments(folder), Path.Combine(Tool.Root, AppHost), environment);
    }

    public IEnumerable<(string Name, JsonObject Resource)> OfType(string type) =>
        from pair in Resources where (string)pair.Value!["type"]! == type select (pair.Key, pair.Value.AsObject());

    public IEnumerable<(string Name, JsonObject Resource)> Modules => OfType("azure.bicep.v0");

    public IEnumerable<(string Name, JsonObject Resource)> Projects => OfType("project.v1");

    public IEnumerable<(string Name, JsonObject Parameters)> Deployments =>
        Projects.Select(project => (project.Name, project.Resource["deployment"]!["params"]!.AsObject()));

    /// <summary>A file, as its path in the manifest leads to it.</summary>
    public string PathOf(JsonNode entry) => Path.GetFullPath(Path.Combine(Folder, AppHost, (string)entry["path"]!));

    /// <summary>The variables a service would get: name to text, or to the name of a secret.</summary>
    public IReadOnlyDictionary<string, string> Environment(string project) =>
        Json(Resources[project]!["deployment"]!["params"]!["settings"]!).AsArray()
            .ToDictionary(one => (string)one!["name"]!, one => (string)(one!["value"] ?? one["secretRef"])!);

    /// <summary>JSON that was put into a parameter.</summary>
    public static JsonNode Json(JsonNode parameter) => JsonNode.Parse(((string)parameter!)
        .Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal))!;

    /// <summary>What a text refers to: everything in single braces.</summary>
    public static IEnumerable<string> References(string text)
    {
        var single = text.Replace("{{", "", StringComparison.Ordinal).Replace("}}", "", StringComparison.Ordinal);
        return Reference().Matches(single).Select(match => match.Groups[1].Value);
    }

    static string[] Arguments(string folder) =>
    [
        "exec", Path.Combine(Tool.Root, AppHost, "bin", ChildProcess.Configuration, "net10.0", $"{AppHost}.dll"),
        "--operation", "publish", "--publisher", "manifest", "--output-path", FileIn(folder),
    ];

    static string FileIn(string folder) => Path.Combine(folder, "apphost-manifest.json");

    [GeneratedRegex(@"\{([^{}]*)\}")]
    private static partial Regex Reference();
}
