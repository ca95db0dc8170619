using CarShare.Contracts;

namespace CarShare.LocalKafka;

/// <summary>
/// Forgets what everybody has read long ago. The emulation looks for a place from the beginning of a partition on,
/// with each request: at thousands of records that alone costs a tenth of a processor. Whoever comes back later reads
/// what is gone from its publisher, as after the retention of any broker.
/// </summary>
static class Retention
{
    /// <summary>Records of a partition that stay however old they are.</summary>
    const int Least = 500;

    static readonly TimeSpan Age = TimeSpan.FromSeconds(15);

    public static async Task KeepAsync(MockCluster cluster, CancellationToken cancellationToken)
    {
        var ends = new Dictionary<(string, int), long>();
        using var timer = new PeriodicTimer(Age);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            foreach (var topic in Topics.All)
            {
                for (var partition = 0; partition < Topics.Partitions; partition++)
                {
                    if (cluster.Ends(topic, partition) is not var (first, end)) continue;
                    var old = Math.Min(ends.GetValueOrDefault((topic, partition)), end - Least);
                    // in steps: each makes the clients that stand there ask anew
                    if (old - first > Least) cluster.Forget(topic, partition, old);
                    ends[(topic, partition)] = end;
                }
            }
        }
    }
}
