using System.Diagnostics;
using CarShare.Tests;

namespace CarShare.SystemTests;

/// <summary>The command line: one sentence for each mistake, which names what was wrong and what there is.</summary>
public sealed class ScriptTests : IDisposable
{
    const string Resources =
        "gateway Running Healthy - http://localhost:1\nstocks Running Healthy - http://localhost:2\n";

    readonly string _folder = ChildProcess.DataFolder("carshare-script-");

    [Theory]
    [InlineData("frobnicate", "there is no command frobnicate")]
    [InlineData("Up", "there is no command Up")]
    [InlineData("up --background", "up does not know --background")]
    [InlineData("test smoke", "there is no tier smoke; there are: unit service system")]
    [InlineData("status", "nothing is up")]
    [InlineData("start stocks", "nothing is up")]
    [InlineData("redrive orders", "nothing is up")]
    [InlineData("rebuild", "nothing is up")]
    [InlineData("login", "who?")]
    public async Task A_mistake_is_told_in_one_sentence(string command, string sentence) =>
        await IsTold(command, sentence);

    [Theory]
    [InlineData("up", "already up")]
    [InlineData("up --detach", "already up")]
    [InlineData("reset", "it is up")]
    [InlineData("start", "start what? One of: gateway stocks")]
    [InlineData("stop nothing", "there is no resource nothing; there are: gateway stocks")]
    [InlineData("restart ../stocks", "there is no resource ../stocks")]
    [InlineData("logs payments", "there is no log of payments; there are: stocks")]
    [InlineData("logs ../state", "there is no log of ../state")]
    [InlineData("redrive", "which service?")]
    [InlineData("redrive gateway", "gateway has no dead letters")]
    public async Task Every_command_knows_a_system_that_was_started_another_way(string command, string sentence)
    {
        using var held = Hold();
        Directory.CreateDirectory(Logs);
        await File.WriteAllTextAsync(Path.Combine(Logs, "state"), Resources, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Logs, "stocks.log"), "a line", TestContext.Current.CancellationToken);
        await IsTold(command, sentence);
        Assert.Equal("a line", await File.ReadAllTextAsync(
            Path.Combine(Logs, "stocks.log"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Reset_deletes_the_data_of_a_system_that_is_not_up()
    {
        Hold().Dispose();
        var (code, _) = await Run("reset");
        Assert.Equal(0, code);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_home_that_cannot_be_written_to_is_told_in_one_sentence() =>
        await IsTold("setup", "the home folder /proc/nobody cannot be written to",
            new() { ["HOME"] = "/proc/nobody", ["DOTNET_CLI_HOME"] = "" });

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    string Data => Path.Combine(_folder, "data");

    string Logs => Path.Combine(_folder, "logs");

    /// <summary>As an AppHost does.</summary>
    FileStream Hold()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllText(Path.Combine(Data, "apphost.pid"), $"{Environment.ProcessId}");
        return new(Path.Combine(Data, "apphost.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
    }

    async Task IsTold(string command, string sentence, Dictionary<string, string>? environment = null)
    {
        var (code, output) = await Run(command, environment);
        Assert.Equal(1, code);
        var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("carshare: ", line, StringComparison.Ordinal);
        Assert.Contains(sentence, line, StringComparison.Ordinal);
    }

    async Task<(int Code, string Output)> Run(string command, Dictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(
            "bash", [Path.Combine(ChildProcess.RepositoryRoot, "carshare"), .. command.Split(' ')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["CARSHARE_DATA"] = Data, ["CARSHARE_LOGS"] = Logs },
        };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        using var script = Process.Start(start)!;
        var (output, errors) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (script.ExitCode, await output + await errors);
    }
}
