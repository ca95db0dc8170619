using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace CarShare.DeploymentTests.Cluster;

/// <summary>Orders at a fixed rate and as many reads, whatever becomes of them, until it is disposed of.</summary>
sealed class Load : IAsyncDisposable
{
    readonly Customers _customers;
    readonly string _product;
    readonly CancellationTokenSource _end = new();
    readonly ConcurrentBag<(TimeSpan At, string Answer)> _answers = [];
    readonly long _start = Stopwatch.GetTimestamp();
    readonly Task _arrivals;

    Load(Customers customers, string product, double rate) =>
        (_customers, _product, _arrivals) = (customers, product, Task.Run(() => Arrive(rate)));

    /// <summary>So many orders a second, and as many reads.</summary>
    public static Load Of(Customers customers, string product, double rate) => new(customers, product, rate);

    public int Placed => _answers.Count(answer => answer.Answer == "Created");

    public int Requests => _answers.Count;

    /// <summary>Answers that a customer would call a failure, with how often and when.</summary>
    public string Failures => string.Join(", ",
        from failed in Failed()
        group failed.At.TotalSeconds by failed.Answer into same
        select $"{same.Count()} x {same.Key} ({same.Min():0.0} to {same.Max():0.0} s)");

    public async Task Stop()
    {
        await _end.CancelAsync();
        await _arrivals;
    }

    public override string ToString() =>
        $"{Requests} requests, {Placed} orders placed, {Failed().Count()} failed {Failures}";

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _end.Dispose();
    }

    IEnumerable<(TimeSpan At, string Answer)> Failed() =>
        _answers.Where(answer => answer.Answer is not ("Created" or "Accepted" or "OK"));

    async Task Arrive(double rate)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1 / rate));
        var under = new List<Task>();
        while (!_end.IsCancellationRequested)
        {
            await timer.WaitForNextTickAsync();
            under.Add(Ask(HttpMethod.Post, "/orders", Customers.Order(_product), Guid.NewGuid().ToString()));
            under.Add(Ask(HttpMethod.Get, "/orders?limit=1", null, null));
        }

        await Task.WhenAll(under);
    }

    async Task Ask(HttpMethod method, string path, object? body, string? key)
    {
        var at = Stopwatch.GetElapsedTime(_start);
        try
        {
            using var answer = await _customers.Send(method, path, "alice", body, key, CancellationToken.None);
            _answers.Add((at, answer.StatusCode == HttpStatusCode.OK ? "OK" : answer.StatusCode.ToString()));
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            _answers.Add((at, e.GetType().Name));
        }
    }
}
