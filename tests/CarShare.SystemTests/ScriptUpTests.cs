using System.Diagnostics;
using CarShare.Tests;

namespace CarShare.SystemTests;

/// <summary>
/// <c>up</c> and what follows it, in a checkout of its own whose <c>dotnet</c> is a double: it builds nothing, and as
/// the AppHost takes the lock and writes the files that the real one does, where its environment says.
/// </summary>
public sealed class ScriptUpTests : IAsyncDisposable
{
    const string Dotnet =
        """
        #!/usr/bin/env bash
        apphost() {
            local data=$1 logs=$2
            mkdir -p "$data" "$logs"
            exec 8>"$data/apphost.lock"
            flock -n 8 || { echo "carshare: CarShare already runs on $data"; exit 1; }
            printf '%s\n%s\n' "$BASHPID" "$logs" >"$data/apphost.pid"
            printf 'gateway Running Healthy - http://localhost:1\n' >"$logs/state"
            touch "$logs/connections" "$logs/gateway.log"
            echo "arguments: ${*:3}"
            trap 'exit 0' TERM
            while [[ -f $data/apphost.pid ]]; do read -rt 0.2 <> <(:); done
        }
        case $1 in
            build) if [[ -n ${RIVAL:-} ]]; then
                apphost "$RIVAL/data" "$RIVAL/logs" </dev/null >"$RIVAL/rival.log" 2>&1 &
                until [[ -f $RIVAL/logs/gateway.log ]]; do read -rt 0.1 <> <(:); done
                echo 'of the first' >"$RIVAL/logs/apphost.log"
            fi ;;
            run) apphost "${CARSHARE_DATA:-${3%/*}/.carshare/data}" "${CARSHARE_LOGS:-$RANDOM}" "${@:8}" &
                wait $! ;;
        esac
        """;

    readonly string _folder = ChildProcess.DataFolder("carshare-up-");

    public ScriptUpTests()
    {
        foreach (var folder in (string[])["checkout/integrations", "bin", "home"])
            Directory.CreateDirectory(Path.Combine(_folder, folder));
        File.Copy(Path.Combine(ChildProcess.RepositoryRoot, "carshare"), Path.Combine(_folder, "checkout/carshare"));
        File.WriteAllText(Path.Combine(_folder, "checkout/Directory.Packages.props"), "<Project/>");
        var dotnet = Path.Combine(_folder, "bin/dotnet");
        File.WriteAllText(dotnet, Dotnet);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Theory]
    [InlineData("data elsewhere", null, "data elsewhere/logs")]
    [InlineData("data elsewhere", "logs of its own", "logs of its own")]
    [InlineData(null, "logs of its own", "logs of its own")]
    [InlineData(null, null, "checkout/.carshare/logs")]
    public async Task Every_command_finds_a_system_wherever_its_folders_are(string? data, string? logs, string found)
    {
        var (code, output) = await Run(data, logs, "up", "--detach", "--Replicas:stocks=2");
        Assert.True(code == 0, output);
        Assert.Contains("CarShare is up: http://localhost:1", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_folder, found, "state")), "The logs are elsewhere.");
        Assert.Equal((0, "gateway Running Healthy - http://localhost:1\n"), await Run(data, logs, "status"));
        Assert.Equal((0, "apphost\ngateway\n"), await Run(data, logs, "logs"));
        Assert.Equal((0, "arguments: --Replicas:stocks=2\n"), await Run(data, logs, "logs", "apphost"));
        Assert.Contains("it is already up", (await Run(data, logs, "up")).Output, StringComparison.Ordinal);
        (code, output) = await Run(data, logs, "down");
        Assert.True(code == 0, output);
        Assert.Contains("nothing is up", (await Run(data, logs, "status")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_comes_second_while_both_start_leaves_the_first_and_its_log_alone()
    {
        var (code, output) = await Run("data", "logs", "RIVAL", "up", "--detach");
        Assert.Equal(1, code);
        Assert.EndsWith($"carshare: CarShare already runs on {_folder}/data\n", output, StringComparison.Ordinal);
        Assert.Equal((0, "of the first\n"), await Run("data", "logs", "logs", "apphost"));
        Assert.Equal(0, (await Run("data", "logs", "status")).Code);
    }

    public async ValueTask DisposeAsync()
    {
        await Run("data", "logs", "down");
        Directory.Delete(_folder, recursive: true);
    }

    async Task<(int Code, string Output)> Run(string? data, string? logs, params string[] arguments)
    {
        var isRace = arguments[0] == "RIVAL";
        if (isRace) arguments = arguments[1..];
        var start = new ProcessStartInfo("bash", [Path.Combine(_folder, "checkout/carshare"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder,
            Environment =
            {
                ["PATH"] = $"{_folder}/bin:{Environment.GetEnvironmentVariable("PATH")}",
                ["HOME"] = Path.Combine(_folder, "home"), ["DOTNET_CLI_HOME"] = null, ["CARSHARE_INFRA"] = "containers",
                // as a person writes it: from where they are
                ["CARSHARE_DATA"] = data, ["CARSHARE_LOGS"] = logs, ["RIVAL"] = isRace ? _folder : null,
            },
        };
        using var script = Process.Start(start)!;
        var (output, errors) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (script.ExitCode, await output + await errors);
    }
}
