using System.Globalization;

namespace CarShare.LocalKafka;

/// <summary>
/// Disturbs the broker on demand: obeys the lines appended to kafka.faults in the run's log directory
/// (<c>CARSHARE_LOGS</c>), "delay MILLISECONDS" and "errors REQUESTS".
/// </summary>
static class Faults
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static async Task ObeyAsync(MockCluster cluster, string? directory, CancellationToken cancellationToken)
    {
        if (directory is null || !Directory.Exists(directory)) return;
        await using var file = new FileStream(
            Path.Combine(directory, "kafka.faults"), FileMode.Create, FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        using var timer = new PeriodicTimer(Pause);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.Split(' ') is not [var fault, var text]
                    || !int.TryParse(text, CultureInfo.InvariantCulture, out var number) || number < 0)
                    continue;
                if (fault == "delay") cluster.Delay(number);
                if (fault == "errors" && number > 0) cluster.Fail(number);
            }
        }
    }
}
