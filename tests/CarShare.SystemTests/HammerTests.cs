using System.Collections.Concurrent;
using System.Net;
using CarShare.Tests;

namespace CarShare.SystemTests;

[Collection(nameof(ManualSystem))]
public sealed class HammerTests(ManualSystem system)
{
    const int Limit = 50, Hammers = 20, Samples = 100;

    // Ten customers at fifty requests a second together: none of them comes near a limit.
    static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task A_customer_who_hammers_is_held_off_and_nobody_else_is()
    {
        using var hammer = system.Customer().Http;
        var product = await system.Operator().RegistersMany(cars: Samples, hourlyRate: 1);
        var others = Enumerable.Range(0, 10).Select(_ => system.Customer()).ToList();
        foreach (var other in others) await other.TopUp(10_000);

        using var end = new CancellationTokenSource();
        var answers = new ConcurrentBag<HttpStatusCode>();
        var hammering = Task.WhenAll(Enumerable.Range(0, Hammers).Select(_ => Hammer(hammer, answers, end.Token)));
        await Eventually.Holds("who hammers is held off", () =>
            Task.FromResult(answers.Contains(HttpStatusCode.TooManyRequests)));
        await Order(others, product.ProductId);
        await end.CancelAsync();
        await hammering;
        Assert.Empty(answers.Except([HttpStatusCode.OK, HttpStatusCode.TooManyRequests]));
    }

    static async Task Order(List<Customer> customers, Guid productId)
    {
        using var pace = new PeriodicTimer(Pace);
        for (var i = 0; i < Samples; i++)
        {
            await pace.WaitForNextTickAsync();
            using var answer = await customers[i % customers.Count].Order(productId, hours: 1);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        }
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
