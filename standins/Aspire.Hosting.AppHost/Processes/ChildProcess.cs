using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Processes;

/// <summary>One process as the leader of its own session and group. It begins only after the watchdog knows it: there is no moment to lose it in.</summary>
sealed partial class ChildProcess
{
    // the shell waits for one line, then becomes the process itself: same id, nothing in between
    const string Gate = "read -r _ || exit 1; exec \"$@\" </dev/null";
    const int SigKill = 9;
    const int SigTerm = 15;

    readonly Process process;
    readonly Watchdog watchdog;

    ChildProcess(Process process, Watchdog watchdog, Action<string, bool> output)
    {
        this.process = process;
        this.watchdog = watchdog;
        Id = process.Id;
        var reading = Task.WhenAll(ReadAsync(process.StandardOutput, false, output), ReadAsync(process.StandardError, true, output));
        Ended = EndAsync(reading);
    }

    public int Id { get; }

    /// <summary>The exit code, after the last line of output was read.</summary>
    public Task<int> Ended { get; }

    public static ChildProcess Start(
        string command, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string> environment, Watchdog watchdog, Action<string, bool> output)
    {
        var start = new ProcessStartInfo("setsid", ["bash", "-c", Gate, "bash", command, .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // meant for the AppHost alone
        foreach (var name in start.Environment.Keys.Where(k => k is "ASPNETCORE_URLS" or "DOTNET_LAUNCH_PROFILE" || k.StartsWith("ASPIRE_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;

        var process = Process.Start(start)!;
        watchdog.Add(process.Id);
        var child = new ChildProcess(process, watchdog, output);
        try
        {
            process.StandardInput.Write('\n');
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // killed before it began: its exit code says so
        }
        return child;
    }

    public async Task StopAsync(TimeSpan patience)
    {
        Signal(SigTerm);
        // a frozen process cannot end: its SIGTERM waits until it is woken
        if (await Task.WhenAny(Ended, Task.Delay(patience)) != Ended) Signal(SigKill);
        await Ended;
    }

    void Signal(int signal) => _ = kill(-Id, signal);

    async Task<int> EndAsync(Task reading)
    {
        await process.WaitForExitAsync();
        // what it left behind would keep its ports and its output open
        Signal(SigKill);
        watchdog.Remove(Id);
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(2)));
        var code = process.ExitCode;
        process.Dispose();
        return code;
    }

    static async Task ReadAsync(StreamReader reader, bool isError, Action<string, bool> output)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line) output(line, isError);
        }
        catch (ObjectDisposedException)
        {
            // a grandchild still held the pipe two seconds after the end
        }
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
