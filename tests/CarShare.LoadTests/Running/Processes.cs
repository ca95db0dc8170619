using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace CarShare.LoadTests.Running;

/// <summary>
/// The processes of one run, found by what the AppHost put into their environment; no other process is ever touched.
/// </summary>
sealed partial class Processes(RunningSystem system)
{
    public const int Kill = 9, Terminate = 15, Stop = 19, Continue = 18;

    /// <summary>
    /// The processes of a resource, one group per instance; a server's own children are in its group.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>> Of(string resource) =>
        [.. All().Where(p => p.Name == resource).GroupBy(p => p.Instance, p => p.Id)
            .OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.Order().ToList())];

    public bool Any() => All().Any();

    /// <summary>Sends the signal to every process of the resource, and answers how many there were.</summary>
    public int Signal(string resource, int signal)
    {
        var ids = Of(resource).SelectMany(instance => instance).ToList();
        Send(ids, signal);
        return ids.Count;
    }

    public static void Send(IEnumerable<int> ids, int signal)
    {
        foreach (var id in ids) _ = kill(id, signal);
    }

    IEnumerable<(int Id, string Name, string Instance)> All()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var id)
                || Environ(path) is not { } environ)
                continue;
            if (ServerAt(path) is { } server)
            {
                yield return (id, server, "");
                continue;
            }

            if (!environ.Contains($"CARSHARE_LOGS={system.Logs}")) continue;
            // a project is named by its telemetry, a server by its data directory; the AppHost itself by neither
            var name = Value(environ, "OTEL_SERVICE_NAME") ?? Path.GetFileName(Value(environ, "DATA"));
            if (name is not null) yield return (id, name, Value(environ, "OTEL_RESOURCE_ATTRIBUTES") ?? "");
        }
    }

    /// <summary>
    /// PostgreSQL and Redis write their titles over their environment, and work in their data directories.
    /// </summary>
    string? ServerAt(string path)
    {
        var data = $"{system.Data}/";
        try
        {
            return File.ResolveLinkTarget($"{path}/cwd", returnFinalTarget: false)?.FullName is { } directory
                && directory.StartsWith(data, StringComparison.Ordinal) ? directory[data.Length..].Split('/')[0] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    static string? Value(string[] environ, string name) =>
        environ.FirstOrDefault(e => e.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..];

    static string[]? Environ(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"{path}/environ")).Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // it has ended meanwhile, or is somebody else's
            return null;
        }
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
