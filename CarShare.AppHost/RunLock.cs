using System.Globalization;

namespace CarShare.AppHost;

/// <summary>
/// One system per data folder: {data}/apphost.lock is held while it runs, and {data}/apphost.pid names its process and
/// the folder of its logs. Nothing of an earlier run is touched before the lock is held, and nothing of it is left in
/// the log folder once the process is named.
/// </summary>
sealed class RunLock : IDisposable
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Somebody else holds a lock, in the words of Linux, of macOS and of Windows.
    const int Again = 11, AgainOnMac = 35, SharingViolation = 32;

    static readonly string[] OfARun =
        ["*.log", "state", "state.new", "connections", "connections.new", "commands", "commands.done", "kafka.faults"];

    readonly FileStream _lock;
    readonly string _pid;

    RunLock(FileStream held, string pid) => (_lock, _pid) = (held, pid);

    /// <summary>Null when publishing, which runs nothing.</summary>
    /// <exception cref="DistributedApplicationException">Somebody else holds it, or a folder cannot be used: says
    /// what to do.</exception>
    public static RunLock? Acquire(IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode) return null;
        var (data, logs) = (RunSettings.Of(builder).Data, RunSettings.Of(builder).Logs);
        var pid = Path.Combine(data, "apphost.pid");
        var held = Use(data, "CARSHARE_DATA", () => Hold(data, pid));
        try
        {
            if (logs is not null) Use(logs, "CARSHARE_LOGS", () => Empty(logs));
            Use(data, "CARSHARE_DATA", () =>
            {
                File.WriteAllLines(pid, [Environment.ProcessId.ToString(CultureInfo.InvariantCulture), logs ?? ""]);
                return pid;
            });
            return new(held, pid);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        File.Delete(_pid);
        _lock.Dispose();
    }

    static FileStream Hold(string data, string pid)
    {
        // other users of this machine may pass, to folders of their own, and see nothing
        if (!Directory.Exists(data))
            PrivateFiles.CreateFolder(data, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        try
        {
            return new(Path.Combine(data, "apphost.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) is Again or AgainOnMac or SharingViolation)
        {
            var process = File.Exists(pid) ? File.ReadLines(pid).FirstOrDefault() : null;
            throw new DistributedApplicationException(
                $"CarShare already runs on {data} (process {process ?? "unknown"}): ./carshare down stops it.", e);
        }
    }

    static string Empty(string logs)
    {
        PrivateFiles.CreateFolder(logs);
        foreach (var old in OfARun.SelectMany(pattern => Directory.EnumerateFiles(logs, pattern))) File.Delete(old);
        return logs;
    }

    static T Use<T>(string folder, string variable, Func<T> use)
    {
        try
        {
            return use();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DistributedApplicationException(
                $"{folder} cannot be written to: set {variable} to a folder that can.", e);
        }
        catch (IOException e)
        {
            throw new DistributedApplicationException(
                $"{folder} cannot be used ({e.Message.TrimEnd('.')}): set {variable} to another folder.", e);
        }
    }
}

static class PrivateFiles
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void CreateFolder(string path, UnixFileMode mode = OwnerOnly | UnixFileMode.UserExecute)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, mode);
    }

    /// <summary>A new file that only its owner may read.</summary>
    public static FileStream Create(string path, FileMode mode = FileMode.Create, FileAccess access = FileAccess.Write,
        FileShare share = FileShare.Read)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        return new(path, options);
    }
}
