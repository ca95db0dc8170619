using System.Collections.Concurrent;
using CarShare.Contracts;
using CarShare.ServiceDefaults;

namespace CarShare.Gateway;

/// <summary>
/// How the system is, for operators: the services' own metrics, read every few seconds, because counters say what
/// happened lately only to whoever has looked before. One of the processes behind a service's address answers each
/// time; with every look another one may.
/// </summary>
sealed class Overview(IHttpClientFactory clients, TimeProvider clock) : BackgroundService
{
    static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    /// <summary>Time enough to meet every process of a service again.</summary>
    static readonly TimeSpan KnownFor = TimeSpan.FromMinutes(1);

    readonly Lock _lock = new();
    readonly RecentOrders _orders = new(clock);
    readonly DateTimeOffset _since = clock.GetUtcNow();
    readonly ConcurrentDictionary<(string Service, string Partition), (long Lag, DateTimeOffset At)> _lags = new();
    Task<(string Service, ServiceReading? Reading)[]> _reading =
        Task.FromResult<(string, ServiceReading?)[]>([]);

    internal static void Map(IEndpointRouteBuilder app) =>
        app.MapGet("/overview", Handle).RequireOperator().ExcludeFromDescription();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        do await Read().WaitAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    static async Task<IResult> Handle(Overview overview, CancellationToken ct)
    {
        var read = await overview.Read().WaitAsync(ct);
        if (read.All(one => one.Reading is null))
            return Refusal.Unavailable("unavailable", "No service can be asked at the moment. Try again shortly.")
                .ToProblem();
        return TypedResults.Json(
            new OverviewAnswer(
                overview._since, overview._orders.PerMinute(), overview._orders.UntilDispatch(),
                [.. read.Where(one => one.Reading is not null).Select(one => overview.Of(one.Service, one.Reading!))],
                [.. read.Where(one => one.Reading is null).Select(one => one.Service)]),
            ApiJson.Options);
    }

    /// <summary>One at a time: a count that overtook another would look like one that began anew.</summary>
    Task<(string Service, ServiceReading? Reading)[]> Read()
    {
        lock (_lock) return _reading.IsCompleted ? _reading = ReadAll() : _reading;
    }

    async Task<(string Service, ServiceReading? Reading)[]> ReadAll() =>
        await Task.WhenAll(Routes.Services.Select(async service => (service, await Read(service))));

    async Task<ServiceReading?> Read(string service)
    {
        using var patience = new CancellationTokenSource(Backstage.Patience);
        try
        {
            using var client = clients.CreateClient(Backstage.ClientName);
            // a connection that is kept would lead to the same process for ever
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{service}/metrics")
            { Headers = { ConnectionClose = true } };
            using var answer = await client.SendAsync(request, patience.Token);
            if (!answer.IsSuccessStatusCode) return null;
            var reading = ServiceReading.Of(await answer.Content.ReadAsStringAsync(patience.Token));
            if (reading is not null) Record(service, reading);
            return reading;
        }
        catch (Exception e) when (Backstage.IsAway(e, CancellationToken.None))
        {
            return null;
        }
    }

    void Record(string service, ServiceReading reading)
    {
        var now = clock.GetUtcNow();
        foreach (var (partition, lag) in reading.Lags) _lags[(service, partition)] = (lag, now);
        foreach (var (old, (_, at)) in _lags) if (at < now - KnownFor) _lags.TryRemove(old, out _);
        _orders.Add($"{service}/{reading.Instance}", reading.Counts);
    }

    // every process counts the same store, but reads partitions of its own
    ServiceNumbers Of(string service, ServiceReading reading) => new(
        service, _lags.Where(one => one.Key.Service == service).Sum(one => one.Value.Lag), reading.Unsent,
        reading.OutboxAge, reading.DeadLetters);
}

/// <param name="Since">When this gateway began to count.</param>
/// <param name="Unavailable">Services that could not be asked.</param>
sealed record OverviewAnswer(
    DateTimeOffset Since, IReadOnlyList<OrdersOfMinute> PerMinute, IReadOnlyList<Dispatches> UntilDispatch,
    IReadOnlyList<ServiceNumbers> Services, IReadOnlyList<string> Unavailable);

sealed record ServiceNumbers(string Service, long Lag, long Unsent, double OutboxAgeSeconds, long DeadLetters);
