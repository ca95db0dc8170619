using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CarShare.DeploymentTests.Infrastructure;

namespace CarShare.DeploymentTests.Azure;

/// <summary>What the Bicep compiler makes of a module: the template that Azure would be given.</summary>
sealed record Template(string Module, JsonObject Json)
{
    const string Folder = "CarShare.AppHost/Azure";

    static readonly ConcurrentDictionary<string, Lazy<Task<Template>>> Made = new();

    public static IEnumerable<string> Modules =>
        Directory.GetFiles(Path.Combine(Tool.Root, Folder), "*.bicep").Select(file => Path.GetFileName(file)!).Order();

    public static string PathOf(string module) => Path.Combine(Tool.Root, Folder, module);

    public static Task<Template> Of(string module)
    {
        var compiler = Tool.Bicep();
        return Made.GetOrAdd(module, _ => new(() => Make(compiler, module))).Value;
    }

    /// <summary>The template of the module that an entry of the manifest names.</summary>
    public static Task<Template> Of(JsonNode entry) => Of(Path.GetFileName((string)entry["path"]!));

    public JsonObject Parameters => Json["parameters"]?.AsObject() ?? [];

    public IEnumerable<string> Outputs => Json["outputs"]?.AsObject().Select(output => output.Key) ?? [];

    /// <summary>The resources, however they are written: as a list, or by symbolic names.</summary>
    public IEnumerable<JsonNode> Resources => Members(Json["resources"]);

    public IEnumerable<JsonNode> OfType(string type) =>
        Resources.Where(resource => (string)resource["type"]! == type && (bool?)resource["existing"] != true);

    public JsonNode One(string type) => OfType(type).Single();

    public static IEnumerable<JsonNode> Members(JsonNode? resources) => resources switch
    {
        JsonArray list => list.Select(resource => resource!),
        JsonObject named => named.Select(pair => pair.Value!),
        _ => [],
    };

    static async Task<Template> Make(string compiler, string module) =>
        new(module, JsonNode.Parse(await Tool.Output(compiler, ["build", "--stdout", PathOf(module)]))!.AsObject());
}
