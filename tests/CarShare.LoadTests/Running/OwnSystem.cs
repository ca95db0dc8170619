using System.Diagnostics;
using System.Globalization;

namespace CarShare.LoadTests.Running;

/// <summary>
/// A system started for one run, with its own data and free ports, from the AppHost as it was built; gone when this is
/// disposed.
/// </summary>
sealed class OwnSystem : RunningSystem
{
    static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3), StopPatience = TimeSpan.FromSeconds(60);

    // Here a few customers ask for as much as thousands would.
    static readonly string[] FewForMany = [.. ((string[])["PerSecond", "Burst", "AtOnce"]).Select(
        limit => $"--Settings:gateway:Limits__Customer__{limit}=100000")];

    /// <summary>As in production: cars are handed over and fetched by people, not by a clock.</summary>
    public static IReadOnlyList<string> ByOperators { get; } =
        ["--Settings:deliveries:Deliveries__AutoDispatchAfter=-00:00:01",
            "--Settings:deliveries:Deliveries__AutoRetrieveAfter=-00:00:01"];

    readonly string _directory;
    readonly Process _appHost;
    bool _keep;

    OwnSystem(string directory, Process appHost)
        : base(Path.Combine(directory, "logs")) => (_directory, _appHost) = (directory, appHost);

    public static async Task<OwnSystem> Start(IEnumerable<string> arguments, CancellationToken ct)
    {
        if (!File.Exists(Repository.AppHost)) throw new CannotRunException($"{Repository.AppHost} is not built.");
        var directory = Directory.CreateTempSubdirectory("carshare-").FullName;
        // PostgreSQL's own user has to get to its data
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                directory, File.GetUnixFileMode(directory) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var logs = Directory.CreateDirectory(Path.Combine(directory, "logs")).FullName;
        Output.Say($"starting a system of its own ({Repository.Configuration}) in {directory}");
        var start = new ProcessStartInfo("bash", [
            "-c", Command, "bash", Repository.AppHost, "--DcpPublisher:RandomizePorts=true",
            .. FewForMany, .. arguments,
        ])
        {
            WorkingDirectory = Path.Combine(Repository.Root, "CarShare.AppHost"),
            Environment =
            {
                ["CARSHARE_DATA"] = Path.Combine(directory, "data"), ["CARSHARE_LOGS"] = logs,
                ["CARSHARE_PORTS"] = "free", ["CARSHARE_INFRA"] = "local",
                ["DOTNET_ENVIRONMENT"] = "Development", ["ASPNETCORE_ENVIRONMENT"] = "Development",
                // what is measured is CarShare, not the tool that draws every span of it on the same machine
                ["CARSHARE_DASHBOARD"] = "off",
            },
        };
        var system = new OwnSystem(directory, Process.Start(start)!);
        try
        {
            await system.IsReady(ct);
            return system;
        }
        catch
        {
            // whoever finds out why needs the logs
            if (!ct.IsCancellationRequested) system.Keep();
            await system.DisposeAsync();
            throw;
        }
    }

    // The AppHost's own output goes beside the folder of the other logs, which it empties. It is stopped when told so,
    // and when whoever wanted it is gone without a word.
    const string Command =
        """
        setsid dotnet "$@" </dev/null >"${CARSHARE_LOGS%/*}/apphost.log" 2>&1 &
        app=$!
        trap 'kill -TERM $app; wait $app; exit' TERM
        while kill -0 $PPID && kill -0 $app; do read -rt 1 <> <(:); done 2>/dev/null
        kill -TERM $app 2>/dev/null
        wait $app
        """;

    protected override void Keep() => _keep = true;

    public override async ValueTask DisposeAsync()
    {
        if (!_appHost.HasExited)
        {
            using (var kill = Process.Start("kill", ["-TERM", _appHost.Id.ToString(CultureInfo.InvariantCulture)]))
                await kill.WaitForExitAsync();
            using var patience = new CancellationTokenSource(StopPatience);
            try
            {
                await _appHost.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _appHost.Kill(entireProcessTree: true);
            }
        }

        await ServersEnd();
        _appHost.Dispose();
        if (_keep) Output.Say($"its data and logs are left in {_directory}");
        else Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>A server that still writes out what it holds outlives the AppHost.</summary>
    async Task ServersEnd()
    {
        var (processes, deadline) = (new Processes(this), DateTime.UtcNow + StopPatience);
        while (processes.Any() && DateTime.UtcNow < deadline) await Task.Delay(100);
    }

    async Task IsReady(CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(StartPatience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            while (await timer.WaitForNextTickAsync(patience.Token))
            {
                var states = States();
                if (_appHost.HasExited) throw new CannotRunException($"The AppHost ended: {Tail("apphost")}");
                if (states.FirstOrDefault(s => s.HasFailed) is { } failed)
                    throw new CannotRunException($"{failed.Resource} did not start: {Tail(failed.Resource)}");
                if (states.Any(s => s.Resource == "gateway") && states.All(s => s.IsReady)
                    && File.Exists(Path.Combine(Logs, "connections")))
                    return;
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CannotRunException(
                $"The system is not healthy after {StartPatience.TotalMinutes} minutes: "
                + $"{string.Join("; ", States().Where(s => !s.IsReady))}");
        }
    }

    string Tail(string log)
    {
        var path = Path.Combine(log == "apphost" ? _directory : Logs, $"{log}.log");
        return File.Exists(path) ? string.Join(Environment.NewLine, File.ReadLines(path).TakeLast(20)) : "(no log)";
    }
}
