using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace CarShare.SystemTests;

[Collection(nameof(ManualSystem))]
public sealed class HammerTests(ManualSystem system)
{
    const int Limit = 50, Hammers = 20, Samples = 200, Rounds = 6;

    [Fact]
    public async Task A_customer_who_hammers_at_twenty_times_the_limit_slows_nobody_else()
    {
        using var hammer = system.Customer().Http;
        // Several, so that none of them comes near a limit.
        var others = Enumerable.Range(0, 10).Select(_ => system.Customer()).ToList();
        foreach (var other in others) await other.TopUp(1);
        await Measure(others);

        // Whatever else the machine does only ever adds: the best of a few rounds is the system's own.
        var best = double.MaxValue;
        for (var round = 0; round < Rounds && best > 2; round++)
        {
            var quiet = await Measure(others);
            using var end = new CancellationTokenSource();
            var answers = new ConcurrentBag<HttpStatusCode>();
            var start = Stopwatch.GetTimestamp();
            var hammering = Task.WhenAll(Enumerable.Range(0, Hammers).Select(_ => Hammer(hammer, answers, end.Token)));
            var hammered = await Measure(others);
            await end.CancelAsync();
            await hammering;
            var rate = answers.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"p99 quiet {quiet:F1} ms, hammered {hammered:F1} ms, by {rate:F0} requests/s: {string.Join(", ", answers.CountBy(answer => (int)answer).Select(a => $"{a.Key}: {a.Value}"))}");
            Assert.Empty(answers.Except([HttpStatusCode.OK, HttpStatusCode.TooManyRequests]));
            // A round counts only if it was hammered in earnest.
            if (rate > 10 * Limit && answers.Contains(HttpStatusCode.TooManyRequests)) best = Math.Min(best, hammered / quiet);
        }

        Assert.InRange(best, 0, 2);
    }

    /// <summary>The 99th percentile of reading one's deposit, in milliseconds; nobody else is held off.</summary>
    static async Task<double> Measure(List<Customer> customers)
    {
        var times = new List<double>();
        for (var i = 0; i < Samples; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var answer = await customers[i % customers.Count].Http.GetAsync("/deposits");
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        times.Sort();
        return times[Samples * 99 / 100 - 1];
    }

    static async Task Hammer(HttpClient http, ConcurrentBag<HttpStatusCode> answers, CancellationToken end)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / Limit));
        while (!end.IsCancellationRequested)
        {
            using var answer = await http.GetAsync("/deposits", CancellationToken.None);
            answers.Add(answer.StatusCode);
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
