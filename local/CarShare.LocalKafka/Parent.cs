using System.Runtime.InteropServices;

namespace CarShare.LocalKafka;

/// <summary>Ends this process when the one that started it is gone: a broker nobody owns would keep its port.</summary>
static partial class Parent
{
    public static async Task WatchAsync(CancellationTokenSource stop)
    {
        if (OperatingSystem.IsWindows()) return;
        var parent = getppid();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            if (getppid() == parent) continue;
            await stop.CancelAsync();
            return;
        }
    }

    [LibraryImport("libc")]
    private static partial int getppid();
}
