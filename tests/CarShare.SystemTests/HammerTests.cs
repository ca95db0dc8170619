using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace CarShare.SystemTests;

[Collection(nameof(ManualSystem))]
public sealed class HammerTests(ManualSystem system)
{
    const int Limit = 50, Hammers = 20, Samples = 100, Rounds = 6;

    // Ten customers at fifty requests a second together: none of them comes near a limit.
    static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task A_customer_who_hammers_at_twenty_times_the_limit_slows_nobody_else()
    {
        using var hammer = system.Customer().Http;
        var product = await system.Operator().RegistersMany(cars: Samples * (2 * Rounds + 1), hourlyRate: 1);
        var others = Enumerable.Range(0, 10).Select(_ => system.Customer()).ToList();
        foreach (var other in others) await other.TopUp(10_000);
        await Measure(others, product.ProductId);

        // Whatever else the machine does only ever adds: the best of a few rounds is the system's own.
        var best = double.MaxValue;
        for (var round = 0; round < Rounds && best > 2; round++)
        {
            var quiet = await Measure(others, product.ProductId);
            using var end = new CancellationTokenSource();
            var answers = new ConcurrentBag<HttpStatusCode>();
            var start = Stopwatch.GetTimestamp();
            var hammering = Task.WhenAll(Enumerable.Range(0, Hammers).Select(_ => Hammer(hammer, answers, end.Token)));
            var hammered = await Measure(others, product.ProductId);
            await end.CancelAsync();
            await hammering;
            var rate = answers.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"p99 quiet {quiet:F1} ms, hammered {hammered:F1} ms, by {rate:F0} requests/s: "
                + $"{string.Join(", ", answers.CountBy(answer => (int)answer).Select(a => $"{a.Key}: {a.Value}"))}");
            Assert.Empty(answers.Except([HttpStatusCode.OK, HttpStatusCode.TooManyRequests]));
            // A round counts only if it was hammered in earnest.
            if (rate > 10 * Limit && answers.Contains(HttpStatusCode.TooManyRequests))
                best = Math.Min(best, hammered / quiet);
        }

        Assert.InRange(best, 0, 2);
    }

    /// <summary>The 99th percentile of placing an order, in milliseconds; nobody else is held off.</summary>
    static async Task<double> Measure(List<Customer> customers, Guid productId)
    {
        var times = new List<double>();
        using var pace = new PeriodicTimer(Pace);
        for (var i = 0; i < Samples; i++)
        {
            await pace.WaitForNextTickAsync();
            var start = Stopwatch.GetTimestamp();
            using var answer = await customers[i % customers.Count].Order(productId, hours: 1);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
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
