using System.Diagnostics;

namespace CarShare.Tests;

/// <summary>Polling with a deadline: the only way a test waits.</summary>
public static class Eventually
{
    // A busy machine is slow, not wrong.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Who waits for somebody that never answers takes longer than this; who gives up as promised takes less, also on a
    /// machine that other tests keep busy. The promised times themselves are measured where a system has the machine to
    /// itself.
    /// </summary>
    public static readonly TimeSpan Moment = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Polls until the value is there and answers it; fails with <paramref name="what"/> and the last exception
    /// otherwise.
    /// </summary>
    public static async Task<T> Gets<T>(string what, Func<Task<T?>> probe, TimeSpan? within = null)
        where T : class
    {
        T? found = null;
        await Holds(what, async () => (found = await probe()) is not null, within);
        return found!;
    }

    /// <summary>Polls until the condition holds.</summary>
    public static async Task Holds(string what, Func<Task<bool>> condition, TimeSpan? within = null)
    {
        var since = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        Exception? last = null;
        do
        {
            try
            {
                if (await condition()) return;
                last = null;
            }
            catch (Exception e) when (e is not Xunit.Sdk.XunitException)
            {
                last = e;
            }
        }
        while (Stopwatch.GetElapsedTime(since) < (within ?? Patience) && await timer.WaitForNextTickAsync());

        Assert.Fail($"Not within {within ?? Patience}: {what}. {last}");
    }

    /// <summary>Polls for the whole time that nothing breaks the condition: for what must not happen.</summary>
    public static async Task StaysTrue(string what, Func<Task<bool>> condition, TimeSpan during)
    {
        var since = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        do Assert.True(await condition(), what);
        while (Stopwatch.GetElapsedTime(since) < during && await timer.WaitForNextTickAsync());
    }
}
