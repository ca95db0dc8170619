using System.Diagnostics;

namespace Aspire.Hosting.Processes;

/// <summary>
/// A process in a session of its own that knows every running group and holds the other end of a pipe to this host. When the pipe closes, however
/// the host ended, it ends what is left: SIGTERM, then SIGKILL after five seconds.
/// </summary>
sealed class Watchdog : IDisposable
{
    const string Script = """
        trap '' INT TERM HUP
        declare -A groups
        while IFS= read -r line; do
            case $line in
                +*) groups[${line#+}]=1 ;;
                -*) unset "groups[${line#-}]" ;;
            esac
        done
        alive() { for group in "${!groups[@]}"; do kill -0 -- "-$group" 2>/dev/null && return 0; done; return 1; }
        for group in "${!groups[@]}"; do kill -TERM -- "-$group" 2>/dev/null; done
        for _ in {1..50}; do alive || exit 0; sleep 0.1; done
        for group in "${!groups[@]}"; do kill -KILL -- "-$group" 2>/dev/null; done
        exit 0
        """;

    readonly Process process;
    readonly Lock gate = new();

    public Watchdog()
    {
        var start = new ProcessStartInfo("setsid", ["bash", "-c", Script]) { RedirectStandardInput = true };
        process = Process.Start(start)!;
        process.StandardInput.AutoFlush = true;
    }

    public void Add(int group) => Tell($"+{group}");

    public void Remove(int group) => Tell($"-{group}");

    void Tell(string line)
    {
        lock (gate) process.StandardInput.Write(line + "\n");
    }

    public void Dispose()
    {
        lock (gate) process.StandardInput.Close();
        process.Dispose();
    }
}
