using CarShare.Contracts;
using CarShare.Payments.Data;
using CarShare.Tests;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CarShare.ServiceTests.Contracts;

/// <summary>
/// Payments, which is like every other service here, in one of the situations that docs/probes.md names.
/// </summary>
sealed class ProbedService(Servers servers, IdentityServer identity) : IAsyncDisposable
{
    const string Nowhere = "127.0.0.1:1";

    readonly string _name = $"probed_{Guid.NewGuid():N}";
    readonly IdentityServer _ownProvider = new();
    readonly Broker _broker = new();
    readonly PublisherStub _publishers = new();
    WebApplicationFactory<PaymentsDb>? _host;
    bool _brokerIsGone;

    string Database => servers.Database(_name);

    /// <summary>Brings the situation about; the probes may still be on their way to saying so.</summary>
    public async Task<HttpClient> In(string situation)
    {
        await MakeDatabase(complete: situation != "the schema is not complete");
        switch (situation)
        {
            case "all is well":
                await _broker.Start();
                return await Start(kafka: _broker.Address);
            case "not warmed up yet":
                return await Start(ready: false, change: services => services.Remove(services.Single(s =>
                    s.ServiceType == typeof(IHostedService)
                    && s.ImplementationFactory?.Method.ReturnType.Name == "WarmUps")));
            case "the schema is not complete":
                return await Start(ready: false);
            case "the store is away":
                var withStore = await Start();
                await CloseDatabase();
                return withStore;
            case "the identity provider's keys were never read":
                return await Start(new("Authentication:Authority", $"https://{Nowhere}/realms/carshare"), ready: false);
            case "the identity provider is away, its keys are known":
                await _ownProvider.InitializeAsync();
                var withKeys = await Start([.. _ownProvider.Settings("payments")]);
                await _ownProvider.Stop();
                return withKeys;
            case "Kafka is away":
                await _broker.Start();
                var withKafka = await Start(kafka: _broker.Address);
                await _broker.DisposeAsync();
                _brokerIsGone = true;
                return withKafka;
            case "a consumer stands for a minute while the broker answers":
                await Task.WhenAll(_broker.Start(), _publishers.Start());
                var sink = new StandingSink();
                var standing = await Start(
                    [.. Topics.All.Select(topic => Source(topic, _publishers.Address))], _broker.Address, sink.Replace);
                await Eventually.Holds("the consumer has an event in its hands", async () =>
                {
                    await PublishAny();
                    return sink.IsStanding;
                });
                await PublishAny();   // its log goes on
                await Eventually.Holds("the process has noticed", async () =>
                    (await standing.GetStringAsync("/alive")).Contains("Degraded", StringComparison.Ordinal));
                sink.Skip(TimeSpan.FromMinutes(1));
                return standing;
            case "the other services are away":
                await _broker.Start();
                return await Start(kafka: _broker.Address);
            case "it was told to leave":
                var leaving = await Start([new("Draining:Delay", "00:00:04")]);
                _host!.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
                return leaving;
            default:
                throw new ArgumentException($"Nobody knows how to bring about: {situation}.", nameof(situation));
        }
    }

    Task PublishAny() => _broker.PublishRaw(
        Topics.Orders, "any", "{}", ("ce_id", $"{Guid.CreateVersion7()}"), ("ce_type", "any"));

    Task<HttpClient> Start(KeyValuePair<string, string?> setting, bool ready) => Start([setting], ready: ready);

    /// <param name="settings">Instead of those of a system where all is well.</param>
    /// <param name="kafka">Nowhere, if not said: no probe may need it.</param>
    /// <param name="change">Of its parts.</param>
    /// <param name="ready">Whether to wait until it is.</param>
    async Task<HttpClient> Start(
        KeyValuePair<string, string?>[]? settings = null, string kafka = Nowhere,
        Action<IServiceCollection>? change = null, bool ready = true)
    {
        _host = new WebApplicationFactory<PaymentsDb>().WithWebHostBuilder(web =>
        {
            KeyValuePair<string, string?>[] all =
            [
                new("urls", "http://127.0.0.1:0"), new("ConnectionStrings:paymentsdb", Database),
                new("ConnectionStrings:kafka", kafka),
                .. Topics.All.Select(topic => Source(topic, $"http://{Nowhere}")),
                .. identity.Settings("payments"), .. settings ?? [],
            ];
            foreach (var (name, value) in all) web.UseSetting(name, value);
            web.ConfigureLogging(logging => logging.ClearProviders());
            if (change is not null) web.ConfigureTestServices(change);
        });
        _host.UseKestrel(0);
        _host.StartServer();
        var http = _host.CreateClient();
        if (ready)
            await Eventually.Holds(
                "the service is ready", async () => (await http.GetAsync("/health")).IsSuccessStatusCode);
        return http;
    }

    static KeyValuePair<string, string?> Source(string topic, string address) =>
        new($"services:{Topics.SourceOf(topic)}:http:0", address);

    async Task MakeDatabase(bool complete)
    {
        if (!complete)
        {
            await Run($"CREATE DATABASE {_name}");
            return;
        }

        await using var db = new PaymentsDb(new DbContextOptionsBuilder<PaymentsDb>().UseNpgsql(Database).Options);
        await db.Database.MigrateAsync();
    }

    /// <summary>To this service it is as if the server were gone.</summary>
    Task CloseDatabase() => Run(
        $"""
        ALTER DATABASE {_name} ALLOW_CONNECTIONS false; SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = '{_name}'
        """);

    async Task Run(string sql)
    {
        await using var server = NpgsqlDataSource.Create(servers.Database("postgres"));
        foreach (var statement in sql.Split(';'))
        {
            await using var command = server.CreateCommand(statement);
            await command.ExecuteNonQueryAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        if (!_brokerIsGone) await _broker.DisposeAsync();
        await _publishers.DisposeAsync();
        await _ownProvider.DisposeAsync();
    }
}
