using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using CarShare.Contracts;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Load;

/// <summary>The operations of a load, each one request by one of many customers.</summary>
/// <param name="fleet">What they rent.</param>
/// <param name="tally">Counts the answers.</param>
/// <param name="watch">Told of each order.</param>
/// <param name="patience">How long one answer is waited for, by default 30 s.</param>
/// <param name="repeats">How often a request without a good answer is sent again, with the same key.</param>
/// <param name="readableAfter">A younger order may not be on its page yet; by default 2 s.</param>
sealed class Renters(Fleet fleet, Tally tally, PageWatch? watch = null, TimeSpan? patience = null, int repeats = 0,
    TimeSpan? readableAfter = null)
{
    static readonly TimeSpan BeforeRepeat = TimeSpan.FromSeconds(1);

    readonly TimeSpan _patience = patience ?? TimeSpan.FromSeconds(30),
        _readableAfter = readableAfter ?? TimeSpan.FromSeconds(2);
    readonly ConcurrentQueue<Rental> _held = new();
    readonly Rental?[] _readable = new Rental?[4_096];
    int _turn, _written;

    public long Placed => tally.Count(Outcome.Good, Mix.Place);

    /// <param name="operation">One of <see cref="Mix"/>.</param>
    /// <param name="since">When the request was due; its latency counts from then.</param>
    public Task Do(string operation, long since) => operation switch
    {
        Mix.Cancel when _held.TryDequeue(out var rental) => Cancel(rental, since),
        Mix.Page when Readable() is { } rental =>
            Read(operation, rental.Customer, $"/customerpages/{rental.OrderId}", since),
        Mix.Order when Readable() is { } rental => Read(operation, rental.Customer, $"/orders/{rental.OrderId}", since),
        Mix.Pages => Read(operation, NextCustomer(), "/customerpages", since),
        Mix.Stocks => Read(
            operation, NextCustomer(), $"/stocks/{fleet.Products[Random.Shared.Next(fleet.Products.Count)]}", since),
        // Nothing to cancel or to read yet.
        _ => Place(since),
    };

    public Task Place(long since)
    {
        var (customer, product, key) =
            (NextCustomer(), fleet.Products[Random.Shared.Next(fleet.Products.Count)], Guid.NewGuid().ToString());
        return Send(Mix.Place, since, ct => Place(customer, product, key, since, ct));
    }

    async Task<(HttpResponseMessage, HttpStatusCode)> Place(
        Person customer, Guid product, string key, long since, CancellationToken ct)
    {
        using var answer = await customer.Post(
            "/orders", new { productId = product, hours = 1, deliveryAddress = "Seoul, Jung-gu 1" }, key, ct);
        // The address of the new order says all that is needed; the body need not be taken apart for it.
        if (answer.Headers.Location is { } location
            && Guid.TryParse(location.OriginalString[(location.OriginalString.LastIndexOf('/') + 1)..], out var order))
        {
            fleet.Took();
            var rental = new Rental(order, customer, Stopwatch.GetTimestamp());
            _held.Enqueue(rental);
            _readable[(uint)Interlocked.Increment(ref _written) % _readable.Length] = rental;
            watch?.Sent(order, customer.Name, since);
        }

        return (answer, HttpStatusCode.Created);
    }

    Task Cancel(Rental rental, long since) => Send(Mix.Cancel, since, async ct =>
    {
        using var answer = await rental.Customer.Send(HttpMethod.Delete, $"/orders/{rental.OrderId}", ct: ct);
        if (answer.IsSuccessStatusCode) fleet.GaveBack();
        return (answer, HttpStatusCode.OK);
    });

    Task Read(string operation, Person customer, string route, long since) => Send(operation, since, async ct =>
    {
        using var answer = await customer.Get(route, ct);
        return (answer, HttpStatusCode.OK);
    });

    async Task Send(
        string operation, long since,
        Func<CancellationToken, Task<(HttpResponseMessage Answer, HttpStatusCode Good)>> request)
    {
        for (var repeat = 0; ; repeat++)
        {
            var (answer, outcome) = await Try(request);
            var again = outcome != Outcome.Good && repeat < repeats;
            tally.Note(operation, again ? $"{answer}, repeated" : answer, again
                ? Outcome.Repeated
                : outcome, Stopwatch.GetElapsedTime(since));
            if (!again) return;
            await Task.Delay(BeforeRepeat);
        }
    }

    async Task<(string Answer, Outcome Outcome)> Try(
        Func<CancellationToken, Task<(HttpResponseMessage Answer, HttpStatusCode Good)>> request)
    {
        using var deadline = new CancellationTokenSource(_patience);
        try
        {
            var (answer, good) = await request(deadline.Token);
            var shed = answer.StatusCode == HttpStatusCode.TooManyRequests
                || (answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null);
            var outcome = answer.StatusCode == good
                ? Outcome.Good
                : answer.StatusCode == HttpStatusCode.Accepted
                ? Outcome.Deferred
                : shed
                ? Outcome.Shed
                : Outcome.Failed;
            return ($"{(int)answer.StatusCode}{(shed ? " + Retry-After" : "")}", outcome);
        }
        catch (OperationCanceledException)
        {
            return ($"no answer in {_patience.TotalSeconds:0} s", Outcome.Failed);
        }
        catch (HttpRequestException e)
        {
            return (e.HttpRequestError.ToString(), Outcome.Failed);
        }
    }

    Rental? Readable()
    {
        for (var tries = 0; tries < 4; tries++)
        {
            var rental =
                _readable[Random.Shared.Next((int)Math.Min(_readable.Length, (uint)Volatile.Read(ref _written) + 1))];
            if (rental is not null && Stopwatch.GetElapsedTime(rental.Since) >= _readableAfter) return rental;
        }

        return null;
    }

    Person NextCustomer() => fleet.Customers[(int)((uint)Interlocked.Increment(ref _turn) % fleet.Customers.Count)];

    sealed record Rental(Guid OrderId, Person Customer, long Since);
}
