using System.Diagnostics;
using System.Reflection;

namespace CarShare.DeploymentTests.Infrastructure;

/// <summary>A program that a test runs to its end.</summary>
sealed record Outcome(int Code, string Output, string Errors)
{
    public string All => Output + Errors;
}

/// <summary>
/// The programs that check what is published. A test of one that is not there is skipped and says so.
/// </summary>
static class Tool
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public static string Root { get; } = ChildProcess.RepositoryRoot;

    /// <summary>The real servers and tools beside the repository (<c>../shared/tools</c>), or further up.</summary>
    public static string? Shared(string name)
    {
        var folder = Directory.GetParent(Path.TrimEndingDirectorySeparator(Root));
        for (; folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "shared/tools", name)))
                return Path.Combine(folder.FullName, "shared/tools", name);
        return null;
    }

    public static string? OnPath(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    public static string Needed(string? path, string name)
    {
        Assert.SkipUnless(path is not null, $"{name} is not here.");
        return path!;
    }

    public static string Bicep()
    {
        var metadata = typeof(Tool).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>();
        var path = metadata.SingleOrDefault(attribute => attribute.Key == "Bicep")?.Value;
        return Needed(File.Exists(path) ? path : null, "The Bicep compiler");
    }

    public static async Task<Outcome> Run(
        string command, IEnumerable<string> arguments, string? folder = null,
        IEnumerable<KeyValuePair<string, string?>>? environment = null)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder ?? Root,
        };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>What it writes, when it ends well.</summary>
    public static async Task<string> Output(
        string command, IEnumerable<string> arguments, string? folder = null,
        IEnumerable<KeyValuePair<string, string?>>? environment = null)
    {
        var outcome = await Run(command, arguments, folder, environment);
        Assert.True(outcome.Code == 0, $"{command} {string.Join(' ', arguments)}: {outcome.Code}: {outcome.All}");
        return outcome.Output;
    }

    public static bool MayBeRun(string file) =>
        OperatingSystem.IsWindows() ? File.Exists(file) : File.GetUnixFileMode(file).HasFlag(UnixFileMode.UserExecute);

    /// <summary>The files under version control, as paths below the root.</summary>
    public static async Task<string[]> Files(params string[] patterns)
    {
        var listed = await Output("git", ["ls-files", "-zco", "--exclude-standard", "--", .. patterns]);
        var files = listed.Split('\0', StringSplitOptions.RemoveEmptyEntries);
        return [.. files.Where(file => File.Exists(Path.Combine(Root, file)))];
    }
}
