using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.SystemTests.Observing;

/// <summary>
/// Two of everything, and the AppHost's watcher on, as it is for whoever runs the system on this machine.
/// </summary>
public sealed class HealedSystem : CarShareSystem
{
    protected override IEnumerable<string> Arguments =>
    [
        "--CARSHARE_HEAL=on", .. Workloads.Select(service => $"--Replicas:{service}=2"),
        .. ((string[])["PerSecond", "Burst", "AtOnce"]).Select(
            limit => $"--Settings:gateway:Limits__Customer__{limit}=100000"),
    ];
}

public sealed class SelfHealingTests(HealedSystem system) : IClassFixture<HealedSystem>
{
    const decimal Money = 50_000_000;

    static readonly TimeSpan Window = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Whatever_is_killed_or_hangs_is_started_again_within_fifteen_seconds_and_nothing_is_lost()
    {
        var product = await system.Operator().RegistersMany(cars: 400);
        var customers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => system.Customer().TopUp(Money)));
        using var end = new CancellationTokenSource();
        var accepted = new ConcurrentBag<Guid>();
        var load = Task.WhenAll(customers.Select(customer => Rent(customer, product.ProductId, accepted, end.Token)));
        foreach (var service in CarShareSystem.Workloads)
        {
            foreach (var signal in (string[])["KILL", "STOP"])
            {
                var (started, back) = await Heals(service, signal);
                TestContext.Current.SendDiagnosticMessage(
                    $"{service} {signal}: started after {started.TotalSeconds:0.0} s, "
                    + $"well after {back.TotalSeconds:0.0} s");
                Assert.InRange(started, TimeSpan.Zero, Window);
            }
        }

        await end.CancelAsync();
        await load;
        Assert.NotEmpty(accepted);
        var orders = (await Task.WhenAll(customers.Select(c => c.Http.All<OrderDto>("/orders")))).SelectMany(o => o)
            .Select(o => o.OrderId).ToHashSet();
        Assert.Empty(accepted.Except(orders));
        await Books.Balance(system.Operator(), product.ProductId, customers, Money, TimeSpan.FromMinutes(1));
    }

    /// <summary>
    /// Looks at the cars, orders and cancels; an attempt that fails is repeated with the same key until it is answered.
    /// </summary>
    static async Task Rent(Customer customer, Guid product, ConcurrentBag<Guid> accepted, CancellationToken end)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (!end.IsCancellationRequested)
        {
            var key = Guid.NewGuid().ToString();
            await Eventually.Holds("the page shows the cars", async () =>
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
                return (await customer.Http.GetStringAsync("/", patience.Token)).Contains(
                    $"/cars/{product}", StringComparison.Ordinal);
            }, TimeSpan.FromMinutes(2));
            var order = await Eventually.Gets(
                "the order is taken", () => Attempt(customer, product, key), TimeSpan.FromMinutes(2));
            accepted.Add(order.OrderId);
            await Eventually.Holds("the order is cancelled", async () =>
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
                using var answer = await customer.Http.DeleteAsync($"/orders/{order.OrderId}", patience.Token);
                return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Conflict;
            }, TimeSpan.FromMinutes(2));
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    static async Task<OrderDto?> Attempt(Customer customer, Guid product, string key)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        using var answer = await customer.Order(product, key: key, ct: patience.Token);
        return answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.Accepted
            ? await answer.Read<OrderDto>()
            : null;
    }

    /// <summary>
    /// How long until a process was started in place of the one that was hit, which is the watcher's part, and until
    /// two good ones stand there, which on a machine that sixteen share is mostly the time a start takes.
    /// </summary>
    async Task<(TimeSpan Started, TimeSpan Back)> Heals(string service, string signal)
    {
        await Eventually.Holds(
            $"two of {service} are well", () => AreWell(service, not: null), TimeSpan.FromMinutes(1));
        // The older one: what hangs before its first answer is still given time to start.
        var before = system.Instances(service).Keys.ToHashSet();
        var hit = before.MinBy(StartTime);
        var (since, clock) = (DateTime.UtcNow, Stopwatch.GetTimestamp());
        await CarShareSystem.Signal(hit, signal);
        await Eventually.Holds(
            $"{service} is back after {signal}", () => AreWell(service, hit), TimeSpan.FromMinutes(1));
        var back = Stopwatch.GetElapsedTime(clock);
        var started = system.Instances(service).Keys.Except(before).Min(StartTime);
        return (started - since, back);
    }

    static DateTime StartTime(int id)
    {
        using var process = Process.GetProcessById(id);
        return process.StartTime.ToUniversalTime();
    }

    async Task<bool> AreWell(string service, int? not)
    {
        var instances = system.Instances(service);
        if (instances.Count != 2 || (not is { } hit && instances.ContainsKey(hit))) return false;
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        foreach (var address in instances.Values)
        {
            using var answer = await http.GetAsync(new Uri(address, "/health"));
            if (!answer.IsSuccessStatusCode) return false;
        }

        return true;
    }
}
