using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CarShare.DeploymentTests.Cluster;

/// <summary>
/// Orders at a fixed rate and as many reads of every other service, whatever becomes of them, until it is stopped.
/// </summary>
sealed class Load : IAsyncDisposable
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20), Span = TimeSpan.FromSeconds(10);

    readonly Customers _customers;
    readonly Fleet _fleet;
    readonly double _rate;
    readonly CancellationTokenSource _end = new();
    readonly ConcurrentBag<Answer> _answers = [];
    readonly ConcurrentBag<string> _placed = [];
    readonly long _start = Stopwatch.GetTimestamp();
    readonly Processors _processors = new();
    readonly Task _arrivals;
    TimeSpan _took;

    Load(Customers customers, Fleet fleet, double rate)
    {
        (_customers, _fleet, _rate) = (customers, fleet, rate);
        _arrivals = Task.Run(Arrive);
    }

    /// <summary>So many orders a second, and as many reads.</summary>
    public static Load Of(Customers customers, Fleet fleet, double rate) => new(customers, fleet, rate);

    /// <summary>The orders that somebody was told to have.</summary>
    public IReadOnlyCollection<string> Placed => _placed;

    /// <summary>Answers that a customer would call a failure, with how often and when.</summary>
    public string Failures => string.Join(", ",
        from answer in _answers
        where !answer.IsGood
        group answer.At.TotalSeconds by answer.Said into same
        select $"{same.Count()} x {same.Key} ({same.Min():0.0} to {same.Max():0.0} s)");

    /// <summary>
    /// Whether for ten seconds every request was answered well, and all but a few within a second: what had to be
    /// compiled and connected is.
    /// </summary>
    public bool IsCalm
    {
        get
        {
            var from = Stopwatch.GetElapsedTime(_start) - Span;
            var last = _answers.Where(answer => answer.At > from).ToList();
            return from > TimeSpan.Zero && last.Count > 2 * _rate * Span.TotalSeconds * 0.9
                && last.All(answer => answer.IsGood) && Percentile(last, 0.95) < TimeSpan.FromSeconds(1);
        }
    }

    /// <summary>Waits for everything that was asked.</summary>
    public async Task Stop()
    {
        await _end.CancelAsync();
        await _arrivals;
    }

    public override string ToString()
    {
        var (answers, failures) = (_answers.ToList(), Failures);
        var took = _took > TimeSpan.Zero ? _took : Stopwatch.GetElapsedTime(_start);
        return $"{_placed.Count / took.TotalSeconds:0.0} orders/s, "
            + $"{answers.Count} requests in {took.TotalSeconds:0} s, "
            + $"{answers.Count(answer => !answer.IsGood)} failed{(failures.Length > 0 ? ": " + failures : "")}, "
            + $"{answers.Count(answer => answer.IsRepeated)} sent again over a new connection, "
            + $"p50 {Percentile(answers, 0.5).TotalMilliseconds:0} ms, "
            + $"p99 {Percentile(answers, 0.99).TotalMilliseconds:0} ms, processors {_processors}";
    }

    public async ValueTask DisposeAsync()
    {
        await Stop();
        _end.Dispose();
    }

    async Task Arrive()
    {
        string[] reads =
        [
            "/orders?limit=1", "/payments?limit=1", "/deliveries?limit=1", "/notifications?limit=1",
            "/customerpages?limit=1", $"/stocks/{_fleet.Products[0]}", "/",
        ];
        using var timer = new PeriodicTimer(Interval);
        var under = new List<Task>();
        for (var sent = 0; !_end.IsCancellationRequested; await timer.WaitForNextTickAsync())
            // those that are due: a tick that comes late brings more
            for (; sent < Stopwatch.GetElapsedTime(_start).TotalSeconds * _rate; sent++)
            {
                var (who, product) = (_fleet.Customer(sent), _fleet.Product(sent));
                var key = Guid.NewGuid().ToString();
                under.Add(Ask(sent, HttpMethod.Post, "/orders", who, Customers.Order(product), key));
                var path = reads[sent % reads.Length];
                under.Add(Ask(sent, HttpMethod.Get, path, path == "/" ? null : who, null, null));
            }

        await Task.WhenAll(under);
        _took = Stopwatch.GetElapsedTime(_start);
        _processors.Stop();
    }

    async Task Ask(int number, HttpMethod method, string path, string? who, object? body, string? key)
    {
        // from when it was due
        var due = TimeSpan.FromSeconds(number / _rate);
        var (said, isGood, isRepeated) = ("", false, false);
        try
        {
            using var answer = await _customers.Send(
                method, path, who, body, key, CancellationToken.None, () => isRepeated = true);
            isGood = answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Accepted;
            said = $"{method} {path}: {answer.StatusCode}";
            var text = await answer.Content.ReadAsStringAsync();
            if (!isGood) said += Detail(text);
            else if (body is not null) _placed.Add((string)JsonNode.Parse(text)!["orderId"]!);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            said = $"{method} {path}: {e.GetType().Name}";
        }

        _answers.Add(new(due, Stopwatch.GetElapsedTime(_start) - due, said, isGood, isRepeated));
    }

    /// <summary>Why, as a problem document says it; a proxy on the way may have answered something else.</summary>
    static string Detail(string text)
    {
        try
        {
            return " " + JsonNode.Parse(text)?["detail"];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "";
        }
    }

    static TimeSpan Percentile(IReadOnlyCollection<Answer> answers, double share) =>
        answers.Select(answer => answer.Took).Order().ElementAtOrDefault((int)(answers.Count * share));

    sealed record Answer(TimeSpan At, TimeSpan Took, string Said, bool IsGood, bool IsRepeated);
}
