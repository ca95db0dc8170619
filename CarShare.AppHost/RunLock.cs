using System.Globalization;

namespace CarShare.AppHost;

/// <summary>
/// One system per data folder: {data}/apphost.lock is held while it runs and {data}/apphost.pid names its process.
/// Nothing of an earlier run is touched before the lock is held.
/// </summary>
sealed class RunLock : IDisposable
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    readonly FileStream _lock;
    readonly string _pid;

    RunLock(FileStream held, string pid) => (_lock, _pid) = (held, pid);

    /// <summary>Null when publishing, which runs nothing.</summary>
    /// <exception cref="DistributedApplicationException">Somebody else holds it, or the folder cannot be used: says
    /// what to do.</exception>
    public static RunLock? Take(IDistributedApplicationBuilder builder)
    {
        if (builder.ExecutionContext.IsPublishMode) return null;
        var data = RunSettings.Of(builder).Data;
        var pid = Path.Combine(data, "apphost.pid");
        try
        {
            // other users of this machine may pass, to folders of their own, and see nothing
            if (!Directory.Exists(data))
                PrivateFiles.CreateFolder(data, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            var held = new FileStream(
                Path.Combine(data, "apphost.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(pid, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new(held, pid);
        }
        catch (UnauthorizedAccessException)
        {
            throw new DistributedApplicationException(
                $"{data} cannot be written to: set CARSHARE_DATA to a folder that can.");
        }
        catch (IOException) when (File.Exists(pid))
        {
            throw new DistributedApplicationException(
                $"CarShare already runs on {data} (process {File.ReadAllText(pid)}): ./carshare down stops it.");
        }
        catch (IOException e)
        {
            throw new DistributedApplicationException(
                $"{data} cannot be used: {e.Message} Set CARSHARE_DATA to another folder.");
        }
    }

    public void Dispose()
    {
        File.Delete(_pid);
        _lock.Dispose();
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
