using System.Text.Encodings.Web;
using System.Text.Json;

namespace CarShare.Tests.Contracts;

/// <summary>The accepted contracts, committed beside the tests.</summary>
public static class Snapshot
{
    static readonly JsonSerializerOptions Readable = new(
        JsonSerializerDefaults.Web)
    { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Set to 1, the deliberate additions of this run are written into the files; what would remove or change something
    /// is refused all the same.
    /// </summary>
    public static bool Accepting => Environment.GetEnvironmentVariable("CARSHARE_ACCEPT_CONTRACTS") == "1";

    public static string PathOf(string project, string name) =>
        Path.Combine(ChildProcess.RepositoryRoot, "tests", project, "Contracts", name);

    public static void Holds(string path, Contract current) => Holds(path, current, Accepting);

    public static void Holds(string path, Contract current, bool accepting)
    {
        if (!File.Exists(path))
        {
            Assert.True(accepting, $"{path} is missing. Nothing was accepted yet: see tests/README.md.");
            Write(path, current);
            return;
        }

        var breaks = current.Breaks(Read<Contract>(path));
        Assert.True(
            breaks.Count == 0, $"Contracts only grow, but in {Path.GetFileName(path)}:\n{string.Join('\n', breaks)}");
        if (accepting) Write(path, current);
    }

    public static T Read<T>(string path) => JsonSerializer.Deserialize<T>(File.ReadAllText(path), Readable)!;

    public static void Write<T>(string path, T content) =>
        File.WriteAllText(path, JsonSerializer.Serialize(content, Readable).ReplaceLineEndings("\n") + "\n");
}
