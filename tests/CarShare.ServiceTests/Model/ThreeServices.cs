using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.Stocks.Data;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Model;

/// <summary>
/// Orders, stocks and payments as processes of their own that know each other, with real stores and a broker. What
/// deliveries would tell, a test tells.
/// </summary>
public sealed class ThreeServices(Servers servers, IdentityServer identity) : IAsyncLifetime
{
    static readonly (string Name, string Value)[] s_hurry =
    [
        ("Orders__SweepInterval", "00:00:00.1"), ("Orders__RepeatWait", "00:00:00.5"),
        ("Orders__RequestDeadline", "00:00:03"), ("Orders__PendingTimeout", "00:00:04"),
        ("Orders__FirstPaymentRetry", "00:00:00.1"), ("Orders__LongestPaymentRetry", "00:00:00.5"),
        // A customer of a test is declined and left unpaid more often than one of flesh and blood.
        ("Orders__FreeDeclines", "1000000"), ("Orders__MaxUnpaidCars", "1000000"),
        .. from service in new[] { "stocks", "payments" }
           from setting in new[] { ("AttemptTimeout", "00:00:00.5"), ("TotalTimeout", "00:00:00.7"),
               // The fault of one step must not refuse the next one.
               ("FailuresToOpen", "1000000") }
           select ($"Clients__{service}__{setting.Item1}", setting.Item2),
    ];

    readonly Dictionary<string, ChildProcess> _processes = [];
    readonly Dictionary<string, int> _ports =
        new[] { "orders", "stocks", "payments" }.ToDictionary(service => service, _ => ChildProcess.FreePort());
    readonly string _run = Guid.NewGuid().ToString("N");
    readonly PublisherStub _deliveries = new();

    public Broker Broker { get; } = new();

    /// <summary>From orders to the neighbour of this name.</summary>
    public Dictionary<string, Wire> Wires { get; } = [];

    public OrdersDb Orders => new(Options<OrdersDb>("orders"));

    public StocksDb Stocks => new(Options<StocksDb>("stocks"));

    public PaymentsDb Payments => new(Options<PaymentsDb>("payments"));

    public async ValueTask InitializeAsync()
    {
        _deliveries.Outbox = Broker.Outbox;
        foreach (var neighbour in new[] { "stocks", "payments" }) Wires[neighbour] = new(_ports[neighbour]);
        await Task.WhenAll(Broker.Start(), _deliveries.Start());
        foreach (var db in new DbContext[] { Orders, Stocks, Payments })
            await using (db) await db.Database.MigrateAsync();
        await Task.WhenAll(_ports.Keys.Select(Start));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes.Values) process.Kill();
        foreach (var process in _processes.Values) await process.DisposeAsync();
        foreach (var wire in Wires.Values) await wire.DisposeAsync();
        await Broker.DisposeAsync();
        await _deliveries.DisposeAsync();
    }

    public HttpClient As(string user, string service) =>
        BearerHandler.ClientOf(new($"http://127.0.0.1:{_ports[service]}"), () => identity.Token(user));

    public async Task Start(string service)
    {
        var environment = new Dictionary<string, string>
        {
            [$"ConnectionStrings__{service}db"] = servers.Database(Database(service)),
            ["ConnectionStrings__kafka"] = Broker.Address,
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_ports[service]}",
        };
        foreach (var (name, value) in identity.Settings(service))
            environment[name.Replace(":", "__", StringComparison.Ordinal)] = value!;
        foreach (var publisher in Topics.All.Select(Topics.SourceOf))
            environment[$"services__{publisher}__http__0"] =
                service == "orders" && Wires.TryGetValue(publisher, out var wire) ? wire.Address
                : _ports.TryGetValue(publisher, out var port) ? $"http://127.0.0.1:{port}" : _deliveries.Address;
        foreach (var (name, value) in s_hurry) environment[name] = value;
        var assembly = $"CarShare.{char.ToUpperInvariant(service[0])}{service[1..]}";
        _processes[service] = ChildProcess.Start("dotnet", [Path.Combine(ChildProcess.RepositoryRoot, "services",
            assembly, "bin", ChildProcess.Configuration, "net10.0", $"{assembly}.dll")], environment);
        await _processes[service].Listens(_ports[service], TimeSpan.FromMinutes(1));
    }

    public async Task Kill(string service)
    {
        _processes[service].Kill();
        await _processes[service].DisposeAsync();
    }

    /// <summary>It hears everything and does nothing, until it goes on.</summary>
    public Task Freeze(string service) => _processes[service].Signal("STOP");

    public Task GoOn(string service) => _processes[service].Signal("CONT");

    /// <summary>
    /// Sends an event that was sent before once more, as a relay does that died before it noted the first time; the
    /// services that handled it have forgotten that they did.
    /// </summary>
    public async Task TellAgain(OutboxMessage told)
    {
        foreach (var db in new DbContext[] { Orders, Stocks, Payments })
            await using (db) await db.Set<InboxMessage>().Where(m => m.Id == told.Id).ExecuteDeleteAsync();
        await Broker.Repeat(told);
    }

    string Database(string service) => $"model_{service}_{_run}";

    DbContextOptions<T> Options<T>(string service)
        where T : DbContext =>
        new DbContextOptionsBuilder<T>().UseNpgsql(servers.Database(Database(service))).Options;
}
