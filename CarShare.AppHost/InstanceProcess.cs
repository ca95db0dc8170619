using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace CarShare.AppHost;

/// <summary>The process that the orchestrator started for an instance.</summary>
static class InstanceProcess
{
    /// <summary>Its id; null while there is none.</summary>
    public static int? Pid(this CustomResourceSnapshot? snapshot) =>
        snapshot?.Properties.FirstOrDefault(p => p.Name == "executable.pid")?.Value is { } pid
            ? Convert.ToInt32(pid, CultureInfo.InvariantCulture)
            : null;

    /// <summary>
    /// What the orchestrator started, and the service that is its child: a process that does not go on does not pass a
    /// signal on either.
    /// </summary>
    public static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // it has ended meanwhile, which is what was wanted
        }
    }
}
