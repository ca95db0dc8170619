using System.Text.Json;

namespace Aspire.Hosting;

/// <summary>One profile of a project's Properties/launchSettings.json.</summary>
sealed record LaunchProfile(string Name, IReadOnlyList<Uri> Urls, IReadOnlyDictionary<string, string> Variables)
{
    static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static LaunchProfile? FirstOf(string projectDirectory) => Read(projectDirectory).FirstOrDefault();

    public static LaunchProfile? Named(string projectDirectory, string name) => Read(projectDirectory).FirstOrDefault(p => p.Name == name);

    static IEnumerable<LaunchProfile> Read(string projectDirectory)
    {
        var file = Path.Combine(projectDirectory, "Properties", "launchSettings.json");
        if (!File.Exists(file)) yield break;
        using var json = JsonDocument.Parse(File.ReadAllBytes(file), Options);
        if (!json.RootElement.TryGetProperty("profiles", out var profiles)) yield break;
        foreach (var profile in profiles.EnumerateObject())
        {
            var urls = profile.Value.TryGetProperty("applicationUrl", out var url) ? url.GetString()! : "";
            var variables = profile.Value.TryGetProperty("environmentVariables", out var found)
                ? found.EnumerateObject().ToDictionary(v => v.Name, v => Environment.ExpandEnvironmentVariables(v.Value.GetString() ?? ""))
                : [];
            yield return new(profile.Name, [.. urls.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(u => new Uri(u))], variables);
        }
    }
}
