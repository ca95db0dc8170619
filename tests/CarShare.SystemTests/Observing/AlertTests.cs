using System.Text;
using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;
using CarShare.Contracts;
using CarShare.Tests;
using Confluent.Kafka;
using Npgsql;

namespace CarShare.SystemTests.Observing;

/// <summary>A real Prometheus beside a real system: every alert fires on its fault.</summary>
[Collection("observed")]
public sealed partial class AlertTests(ObservedSystem system) : IAsyncLifetime
{
    const long RelayLock = 0x0CA25A7E;

    PrometheusServer? _prometheus;
    string _heard = "";

    public async ValueTask InitializeAsync() => _prometheus = await system.StartPrometheus();

    public async ValueTask DisposeAsync()
    {
        if (_prometheus is not null) await _prometheus.DisposeAsync();
    }

    [Fact]
    public async Task Every_alert_fires_on_its_fault()
    {
        var product = await system.Operator().RegistersMany(cars: 200);
        var customers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => system.Customer().TopUp(1_000_000)));
        var fired = new HashSet<string>();

        // The relay stopped: somebody else has its lock. It goes on at the end.
        await using var relay = await system.Connect("ordersdb");
        await TakeRelay(relay);
        await Ask(customers, product.ProductId, 10);

        // A poison event, and more events than a consumer whose store is locked can handle.
        await Fires("CarShareDeadLetters", "deliveries", () => Produce(OrderPlaced.Type, "{", 1));
        await using (var store = await system.Connect("deliveriesdb"))
        {
            await using var locked = await store.BeginTransactionAsync();
            await Run(store, "LOCK TABLE consumer_positions, deliveries");
            await Fires(
                "CarShareConsumerBehind", "deliveries", () => Produce("carshare.order.unknown.v1", "{}", 6_000));
            await Fires("CarShareConsumerStuck", "deliveries", () => Task.CompletedTask);
            await Fires("CarShareServiceSlow", "deliveries", () => Look(system.Operator().Http, "/deliveries", 20));
        }

        // Brokers that say nothing.
        Assert.Equal(1, await system.Signal("LocalKafka", "STOP"));
        await Fires("CarShareRelayWaits", "payments", () => customers[0].TopUp(1_000));
        await system.Signal("LocalKafka", "CONT");

        // Neighbours that hang, and that are gone.
        await system.Signal("payments", "STOP");
        await Fires("CarShareOrdersAwaitPayment", null, () => Ask(customers, product.ProductId, 5));
        await system.Signal("payments", "CONT");
        await system.Signal("notifications", "STOP");
        await Fires("CarShareSlow", null, () => Task.WhenAll(
            customers.Select(customer => Look(customer.Http, "/notifications", 2))));
        await system.Signal("notifications", "CONT");
        await system.Stop("stocks");
        await Fires("CarShareCircuitOpen", "orders", () => Ask(customers, product.ProductId, 10));
        await Fires("CarShareInstanceDown", "stocks", () => Task.CompletedTask);
        await system.Start("stocks");
        await system.Stop("web");
        await Fires("CarShareInstanceDown", "web", () => Task.CompletedTask);
        await system.Start("web");

        // Old enough by now; and what is told late is shown late.
        await Fires("CarShareOutboxOld", "orders", () => Task.CompletedTask);
        await Fires("CarSharePagesStale", null, async () =>
        {
            await TakeRelay(relay);
            await Task.WhenAll(customers.Select(customer => PlaceOrder(customer, product.ProductId)));
            await Task.Delay(TimeSpan.FromSeconds(11));
            await Run(relay, "SELECT pg_advisory_unlock_all()");
        });

        // The store down: nobody is ready, and what is asked fails.
        await system.Stop("postgres");
        await Fires("CarShareNotReady", "orders", () => Ask(customers, product.ProductId, 10));
        await Fires("CarShareErrorsBurnFast", null, () => Ask(customers, product.ProductId, 20));
        await Fires("CarShareErrorsBurnSlowly", null, () => Ask(customers, product.ProductId, 20));
        await Fires("CarShareServiceErrors", "orders", () => Ask(customers, product.ProductId, 20));
        await system.Start("postgres");

        var alerts = Alert().Matches(await File.ReadAllTextAsync(PrometheusServer.Rules))
            .Select(m => m.Groups[1].Value).Order();
        Assert.Equal(alerts, fired.Order());

        // The fault is made again only when the alert has had its time.
        async Task Fires(string alert, string? job, Func<Task> fault)
        {
            var since = DateTime.MinValue;
            await Eventually.Holds($"{alert} fires", async () =>
            {
                if (DateTime.UtcNow - since > TimeSpan.FromSeconds(10))
                {
                    await fault();
                    since = DateTime.UtcNow;
                }

                return await _prometheus!.HasFired(alert, job) ? true : throw new InvalidOperationException(
                    $"{await _prometheus.MissedScrapes()} scrapes missed in a minute. Orders were answered {_heard}.");
            }, TimeSpan.FromMinutes(3));
            TestContext.Current.SendDiagnosticMessage($"{alert} fired");
            fired.Add(alert);
        }
    }

    static Task Look(HttpClient http, string path, int times) => Task.WhenAll(Enumerable.Range(0, times).Select(
        async _ =>
        {
            using var answer = await http.GetAsync(path);
        }));

    /// <summary>A neighbour's circuit may still be open: the customer comes again with the same order.</summary>
    static Task PlaceOrder(Customer customer, Guid product)
    {
        var key = $"{Guid.NewGuid()}";
        return Eventually.Holds("the order is taken", async () =>
        {
            using var answer = await customer.Order(product, key: key);
            return answer.IsSuccessStatusCode;
        });
    }

    /// <summary>Many at once, and whatever becomes of them.</summary>
    async Task Ask(IReadOnlyList<Customer> customers, Guid product, int orders) =>
        _heard = string.Join(", ", await Task.WhenAll(Enumerable.Range(0, orders).Select(async i =>
        {
            using var answer = await customers[i % customers.Count].Order(product);
            var body = await answer.Content.ReadAsStringAsync();
            return $"{(int)answer.StatusCode} {body[..Math.Min(body.Length, 80)]}";
        })));

    async Task Produce(string type, string payload, int count)
    {
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = await system.App.GetConnectionStringAsync("kafka") }).Build();
        for (var i = 0; i < count; i++)
        {
            var headers = new Headers { { "ce_id", Encoding.UTF8.GetBytes($"{Guid.CreateVersion7()}") },
                { "ce_type", Encoding.UTF8.GetBytes(type) } };
            producer.Produce(
                Topics.Orders, new() { Key = $"{Guid.CreateVersion7()}", Value = payload, Headers = headers });
        }

        producer.Flush(TimeSpan.FromSeconds(10));
    }

    static async Task TakeRelay(NpgsqlConnection connection)
    {
        // The session that has it ends, and whoever is quickest has it next.
        await Eventually.Holds("the relay's lock is ours", async () =>
        {
            await Run(connection,
                $"""
                SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
                WHERE locktype = 'advisory' AND objid = {RelayLock} AND datname = current_database()
                    AND pid <> pg_backend_pid()
                """);
            await using var command = new NpgsqlCommand($"SELECT pg_try_advisory_lock({RelayLock})", connection);
            return (bool)(await command.ExecuteScalarAsync())!;
        });
    }

    static async Task Run(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex("- alert: (.+)")]
    private static partial Regex Alert();
}
