using CarShare.Tests;

namespace CarShare.UnitTests.Architecture;

/// <summary>
/// The text of the repository as it is committed; generated migrations and build output are not ours to judge.
/// </summary>
static class Sources
{
    static readonly string[] Left = ["bin", "obj", ".carshare", ".git", "TestResults", "artifacts"];

    public static string Text(string path) =>
        File.ReadAllText(Path.Combine(ChildProcess.RepositoryRoot, path)).ReplaceLineEndings("\n");

    /// <summary>Paths from the repository's root, with forward slashes.</summary>
    public static IReadOnlyList<string> Files(string pattern, string below = "") =>
    [
        .. Directory.EnumerateFiles(
            Path.Combine(ChildProcess.RepositoryRoot, below), pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(ChildProcess.RepositoryRoot, file).Replace('\\', '/'))
            .Where(file =>
                !file.Contains("/Data/Migrations/", StringComparison.Ordinal) && !file.Split('/').Any(Left.Contains))
            .Order(StringComparer.Ordinal),
    ];
}
