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
    [InlineData("demo", "nothing answers at http://127.0.0.1:9")]
    [InlineData("check", "nothing is up")]
    [InlineData("logs", "there are no logs")]
    [InlineData("up --CARSHARE_DATA=/tmp/elsewhere", "up does not know --CARSHARE_DATA=/tmp/elsewhere")]
    [InlineData("up --detach --CARSHARE_LOGS=/tmp/elsewhere", "CARSHARE_LOGS are variables, for every command")]
    [InlineData("up --Replicas:stocks 2", "up does not know --Replicas:stocks")]
    [InlineData("up --Settings:stocks=2", "up does not know --Settings:stocks=2")]
    public async Task A_mistake_is_told_in_one_sentence(string command, string sentence) =>
        await IsTold(command, sentence);

    [Theory]
    [InlineData("down now", "now", "./carshare down")]
    [InlineData("down --help", "--help", "./carshare down")]
    [InlineData("reset all", "all", "./carshare reset")]
    [InlineData("status -v", "-v", "./carshare status")]
    [InlineData("logs stocks orders", "orders", "./carshare logs [resource]")]
    [InlineData("demo fast", "fast", "./carshare demo")]
    [InlineData("login alice alice again", "again", "./carshare login <user> [password]")]
    [InlineData("test unit service", "service", "./carshare test [tier]")]
    [InlineData("restart stocks orders", "orders", "./carshare start|stop|restart <resource>")]
    [InlineData("redrive orders stocks", "stocks", "./carshare redrive <service>")]
    [InlineData("rebuild bogus", "bogus", "./carshare rebuild [orderId=ID|customerId=ID]")]
    [InlineData("rebuild customerId=", "customerId=", "./carshare rebuild [orderId=ID|customerId=ID]")]
    [InlineData("rebuild orderId=1 customerId=2", "customerId=2", "./carshare rebuild")]
    [InlineData("setup now", "now", "./carshare setup")]
    [InlineData("audit now", "now", "./carshare audit")]
    [InlineData("--help up", "up", "./carshare help")]
    public async Task What_a_command_does_not_take_is_told_whether_the_system_is_up_or_not(
        string command, string surplus, string whole)
    {
        var sentence = $"{command.Split(' ')[0].Replace("--help", "help", StringComparison.Ordinal)} does not know "
            + $"{surplus}: it is {whole}";
        await IsTold(command, sentence);
        await using var held = Hold();
        await IsTold(command, sentence);
    }

    [Fact]
    public async Task Rebuilding_the_pages_of_nobody_is_not_rebuilding_all()
    {
        var (code, output) = await Run(["rebuild", ""]);
        Assert.Equal(1, code);
        Assert.StartsWith("carshare: rebuild does not know an empty argument", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("logs")]
    [InlineData("logs apphost")]
    [InlineData("logs stocks")]
    [InlineData("start orders")]
    [InlineData("stop")]
    [InlineData("redrive orders")]
    [InlineData("rebuild")]
    [InlineData("login alice")]
    [InlineData("check")]
    [InlineData("load --rate 1")]
    public async Task A_system_that_has_the_lock_and_shows_no_state_yet_is_still_starting(string command)
    {
        await using var held = Hold();
        Directory.CreateDirectory(Logs);
        await IsTold(command, "it is still starting");
    }

    [Fact]
    public async Task The_running_system_says_where_its_logs_are()
    {
        await using var held = Hold();
        var logs = Directory.CreateDirectory(Path.Combine(_folder, "logs of its own")).FullName;
        await File.AppendAllTextAsync(
            Path.Combine(Data, "apphost.pid"), $"\n{logs}\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(logs, "state"), Resources, TestContext.Current.CancellationToken);
        var (code, output) = await Run("status");
        Assert.Equal((0, Resources), (code, output));
    }

    [Theory]
    [InlineData("up", "already up")]
    [InlineData("up --detach", "already up")]
    [InlineData("reset", "it is up")]
    [InlineData("start", "start what? One of: gateway stocks")]
    [InlineData("stop nothing", "there is no resource nothing; there are: gateway stocks")]
    [InlineData("restart ../stocks", "there is no resource ../stocks")]
    [InlineData("logs payments", "there is no log of payments; there are: stocks")]
    [InlineData("logs ../state", "there is no log of ../state")]
    [InlineData("logs apphost", "the AppHost writes to its own terminal; there are logs of: stocks")]
    [InlineData("redrive", "which service?")]
    [InlineData("redrive gateway", "gateway has no dead letters")]
    public async Task Every_command_knows_a_system_that_was_started_another_way(string command, string sentence)
    {
        await using var held = Hold();
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
        await Hold().DisposeAsync();
        var (code, _) = await Run("reset");
        Assert.Equal(0, code);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task Reset_deletes_no_folder_that_was_never_a_systems()
    {
        Directory.CreateDirectory(Data);
        await IsTold("reset", "is no data folder of CarShare");
        Assert.True(Directory.Exists(Data));
    }

    [Fact]
    public async Task Reset_deletes_nothing_while_no_engine_answers_for_its_volumes()
    {
        await Hold().DisposeAsync();
        await File.WriteAllTextAsync(
            Path.Combine(Data, "volumes"), "carshare-postgres-1234\n", TestContext.Current.CancellationToken);
        await IsTold("reset", "data is in the volume carshare-postgres-1234, and no-engine does not answer",
            new() { ["ASPIRE_CONTAINER_RUNTIME"] = "no-engine" });
        Assert.True(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_home_that_cannot_be_written_to_is_told_in_one_sentence() =>
        await IsTold("setup", "the home folder /proc/nobody cannot be written to",
            new() { ["HOME"] = "/proc/nobody", ["DOTNET_CLI_HOME"] = "" });

    [Theory]
    [InlineData("setup")]
    [InlineData("up")]
    [InlineData("up --detach")]
    [InlineData("test unit")]
    [InlineData("bench")]
    [InlineData("audit")]
    public async Task Nobodys_home_is_told_in_one_sentence(string command) =>
        await IsTold(command, "the home folder (HOME is not set) cannot be written to",
            new() { ["HOME"] = null, ["DOTNET_CLI_HOME"] = null });

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

    async Task IsTold(string command, string sentence, Dictionary<string, string?>? environment = null)
    {
        var (code, output) = await Run(command, environment);
        Assert.Equal(1, code);
        var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("carshare: ", line, StringComparison.Ordinal);
        Assert.Contains(sentence, line, StringComparison.Ordinal);
    }

    Task<(int Code, string Output)> Run(string command, Dictionary<string, string?>? environment = null) =>
        Run(command.Split(' '), environment);

    async Task<(int Code, string Output)> Run(string[] arguments, Dictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(
            "bash", [Path.Combine(ChildProcess.RepositoryRoot, "carshare"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["CARSHARE_DATA"] = Data, ["CARSHARE_LOGS"] = Logs, ["CARSHARE_GATEWAY"] = "http://127.0.0.1:9",
            },
        };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        using var script = Process.Start(start)!;
        var (output, errors) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (script.ExitCode, await output + await errors);
    }
}
