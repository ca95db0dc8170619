using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Load;

/// <summary>
/// Follows some of the customers' pages by server-sent events, as a browser would, and measures from the sending of an
/// order until its page is there and until its car is being prepared. A sample: pages of all customers would be a load
/// of their own.
/// </summary>
sealed class PageWatch : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly CancellationTokenSource _end = new();
    readonly ConcurrentDictionary<Guid, Sighting> _sightings = new();
    readonly HashSet<string> _watched;
    readonly Task[] _readers;

    PageWatch(IReadOnlyList<Person> customers)
    {
        _watched = [.. customers.Select(c => c.Name)];
        _readers = [.. customers.Select(Follow)];
    }

    public Latencies ToPage { get; } = new();

    public Latencies ToPreparing { get; } = new();

    /// <summary>Orders whose page has not shown the preparation yet.</summary>
    public int Waiting => _sightings.Values.Count(s => s is { Sent: not 0, Done: false });

    public static PageWatch Start(Fleet fleet, int customers) => new([.. fleet.Customers.Take(customers)]);

    public void Sent(Guid order, string customer, long since)
    {
        if (!_watched.Contains(customer)) return;
        var sighting = _sightings.GetOrAdd(order, _ => new());
        lock (sighting) sighting.Sent = since;
        Measure(sighting);
    }

    /// <summary>Waits a while for the pages that are still to come; answers how many did not.</summary>
    public async Task<int> Rest(CancellationToken ct)
    {
        var start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Waiting > 0 && Stopwatch.GetElapsedTime(start) < Patience) await timer.WaitForNextTickAsync(ct);
        return Waiting;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_readers);
        _end.Dispose();
    }

    async Task Follow(Person customer)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var answer = await customer.Stream("/customerpages/stream", _end.Token);
                using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(_end.Token));
                while (await lines.ReadLineAsync(_end.Token) is { } line)
                {
                    if (line.StartsWith("data: ", StringComparison.Ordinal)) See(line["data: ".Length..]);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // Cut off: the stream is opened again, as a browser does.
                await Task.Delay(TimeSpan.FromSeconds(1), _end.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
        }
    }

    void See(string json)
    {
        var now = Stopwatch.GetTimestamp();
        using var page = JsonDocument.Parse(json);
        var order = page.RootElement.GetProperty("orderId").GetGuid();
        var sighting = _sightings.GetOrAdd(order, _ => new());
        lock (sighting)
        {
            if (Has("orderStatus") && sighting.Page == 0) sighting.Page = now;
            if (Has("deliveryStatus") && sighting.Preparing == 0) sighting.Preparing = now;
        }

        Measure(sighting);

        bool Has(string field) =>
            page.RootElement.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String;
    }

    void Measure(Sighting sighting)
    {
        lock (sighting)
        {
            if (sighting.Done || sighting.Sent == 0 || sighting.Page == 0 || sighting.Preparing == 0) return;
            sighting.Done = true;
            ToPage.Add(Stopwatch.GetElapsedTime(sighting.Sent, sighting.Page));
            ToPreparing.Add(Stopwatch.GetElapsedTime(sighting.Sent, sighting.Preparing));
        }
    }

    sealed class Sighting
    {
        public long Sent, Page, Preparing;
        public bool Done;
    }
}
