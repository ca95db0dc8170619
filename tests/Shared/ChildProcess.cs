using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace CarShare.Tests;

/// <summary>A server started by a test from the repository; it is gone when this is disposed.</summary>
public sealed class ChildProcess : IAsyncDisposable
{
    const int FirstPort = 20_000, Ports = 12_000;
    static int _ports = Random.Shared.Next(Ports);

    readonly Process _process;
    readonly ConcurrentQueue<string> _output = new();

    ChildProcess(Process process, bool isRead)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        if (isRead) process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    public static string Configuration { get; } = Metadata("Configuration");

    public int Id => _process.Id;

    public string Output => string.Join('\n', _output);

    /// <param name="command">What to start.</param>
    /// <param name="arguments">Of it.</param>
    /// <param name="environment">Beside this process's own.</param>
    /// <param name="isRead">False for one whose output nobody takes from the pipe.</param>
    public static ChildProcess Start(
        string command, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>>? environment = null,
        bool isRead = true)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = RepositoryRoot,
        };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        return new(new() { StartInfo = start }, isRead);
    }

    /// <summary>
    /// A new folder that other users, such as the one a server runs as, may pass through but not look into.
    /// </summary>
    public static string DataFolder(string prefix)
    {
        var folder = Directory.CreateTempSubdirectory(prefix).FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return folder;
    }

    /// <summary>
    /// A port that nobody listens at, given to nobody else here, and below those that systems give to connections going
    /// out: one of these could take it before the server that is to have it.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = FirstPort + (int)((uint)Interlocked.Increment(ref _ports) % Ports);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // somebody else's
            }
        }
    }

    public async Task Listens(
        int port, TimeSpan? within = null) => await Eventually.Holds($"port {port} answers: {Output}", async () =>
    {
        Assert.False(_process.HasExited, $"The server ended: {Output}");
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return true;
    }, within ?? TimeSpan.FromSeconds(30));

    /// <summary>Waits until it ends by itself; answers the exit code.</summary>
    public async Task<int> Ends(TimeSpan? within = null)
    {
        using var patience = new CancellationTokenSource(within ?? TimeSpan.FromSeconds(30));
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public void Kill() => _process.Kill();

    public async Task Signal(string signal)
    {
        using var kill = Process.Start(
            "kill", [$"-{signal}", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await Signal("TERM");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }

    void Keep(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        while (_output.Count > 200) _output.TryDequeue(out _);
    }

    static string Metadata(string key) =>
        typeof(ChildProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
}
