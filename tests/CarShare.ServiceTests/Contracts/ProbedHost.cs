using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using CarShare.Deliveries.Data;
using CarShare.Gateway;
using CarShare.Notifications.Data;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.Stocks.Data;
using CarShare.Tests;
using CarShare.Web.Components;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CarShare.ServiceTests.Contracts;

/// <summary>One of the services, the web or the gateway, in one of the situations that docs/probes.md names.</summary>
sealed class ProbedHost : IAsyncDisposable
{
    const string Nowhere = "127.0.0.1:1";

    readonly string _name;
    readonly Servers _servers;
    readonly IdentityServer _identity;
    readonly Func<Action<IWebHostBuilder>, (IAsyncDisposable, IServiceProvider)> _launch;
    readonly Func<string, DbContext>? _store;
    readonly string _database = $"probed_{Guid.NewGuid():N}";
    readonly int _managementPort = ChildProcess.FreePort(), _redisPort = ChildProcess.FreePort();
    readonly string _redisFolder = Directory.CreateTempSubdirectory("carshare-probed-").FullName;
    readonly IdentityServer _ownProvider = new();
    readonly Broker _broker = new();
    readonly PublisherStub _publishers = new();
    ChildProcess? _redis;
    IAsyncDisposable? _host;
    IServiceProvider? _services;
    bool _brokerIsGone;

    ProbedHost(string name, Servers servers, IdentityServer identity,
        Func<Action<IWebHostBuilder>, (IAsyncDisposable, IServiceProvider)> launch, Func<string, DbContext>? store) =>
        (_name, _servers, _identity, _launch, _store) = (name, servers, identity, launch, store);

    public static IReadOnlyList<string> All { get; } =
        ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages", "web", "gateway"];

    string Database => _servers.Database(_database);

    public static ProbedHost Of(string name, Servers servers, IdentityServer identity)
    {
        return name switch
        {
            "orders" => WithStore<OrdersDb>(),
            "stocks" => WithStore<StocksDb>(),
            "payments" => WithStore<PaymentsDb>(),
            "deliveries" => WithStore<DeliveriesDb>(),
            "notifications" => WithStore<NotificationsDb>(),
            "customerpages" => WithStore<CustomerPagesDb>(),
            "web" => new(name, servers, identity, Launch<App>, store: null),
            "gateway" => new(name, servers, identity, Launch<LimitsOptions>, store: null),
            _ => throw new ArgumentException($"There is no {name}.", nameof(name)),
        };

        ProbedHost WithStore<TDb>()
            where TDb : DbContext => new(
                name, servers, identity, Launch<TDb>, database => (TDb)Activator.CreateInstance(
                    typeof(TDb), new DbContextOptionsBuilder<TDb>().UseNpgsql(database).Options)!);
    }

    static (IAsyncDisposable, IServiceProvider) Launch<TEntry>(Action<IWebHostBuilder> configure)
        where TEntry : class
    {
        var host = new WebApplicationFactory<TEntry>().WithWebHostBuilder(configure);
        host.UseKestrel(0);
        host.StartServer();
        return (host, host.Services);
    }

    /// <summary>Brings the situation about; the probes may still be on their way to saying so.</summary>
    public async Task<HttpClient> In(string situation)
    {
        await MakeStore(complete: situation != "the schema is not complete");
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
                if (_redis is null) await CloseDatabase();
                else await CloseRedis();
                return withStore;
            case "the archive is away":
                var withArchive = await Start();
                await CloseDatabase();
                return withArchive;
            case "the identity provider's keys were never read":
                return await Start(new("Authentication:Authority", $"https://{Nowhere}/realms/carshare"), ready: false);
            case "the identity provider is away, its keys are known":
                await _ownProvider.InitializeAsync();
                var withKeys = await Start([.. _ownProvider.Settings(_name)]);
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
                    [.. All.Select(service => At(service, _publishers.Address))], _broker.Address, sink.Replace);
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
                _services!.GetRequiredService<IHostApplicationLifetime>().StopApplication();
                return leaving;
            default:
                throw new ArgumentException($"Nobody knows how to bring about: {situation}.", nameof(situation));
        }
    }

    /// <summary>Of two topics: everybody reads one of them.</summary>
    Task PublishAny() => Task.WhenAll(((string[])[Topics.Orders, Topics.Deliveries]).Select(topic => _broker.PublishRaw(
        topic, "any", "{}", ("ce_id", $"{Guid.CreateVersion7()}"), ("ce_type", "any"))));

    Task<HttpClient> Start(KeyValuePair<string, string?> setting, bool ready) => Start([setting], ready: ready);

    /// <param name="settings">Instead of those of a system where all is well.</param>
    /// <param name="kafka">Nowhere, if not said: no probe may need it.</param>
    /// <param name="change">Of its parts.</param>
    /// <param name="ready">Whether to wait until it is.</param>
    async Task<HttpClient> Start(
        KeyValuePair<string, string?>[]? settings = null, string kafka = Nowhere,
        Action<IServiceCollection>? change = null, bool ready = true)
    {
        (_host, _services) = _launch(web =>
        {
            KeyValuePair<string, string?>[] all =
            [
                new("urls", "http://127.0.0.1:0"), new("MANAGEMENT_PORT", $"{_managementPort}"),
                new($"ConnectionStrings:{_name}db", Database),
                new("ConnectionStrings:redis", $"127.0.0.1:{_redisPort},password={_database}"),
                new("ConnectionStrings:kafka", kafka), new("Web:SessionKey", new string('k', 32)),
                .. All.Select(service => At(service, $"http://{Nowhere}")),
                .. _identity.Settings(_name), .. settings ?? [],
            ];
            foreach (var (name, value) in all) web.UseSetting(name, value);
            web.ConfigureLogging(logging => logging.ClearProviders());
            if (change is not null) web.ConfigureTestServices(change);
        });
        // the gateway listens at two addresses, and answers probes at the second
        var addresses = _services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        var http = new HttpClient { BaseAddress = new(addresses.Addresses.Last()) };
        if (ready)
            await Eventually.Holds(
                "the service is ready", async () => (await http.GetAsync("/health")).IsSuccessStatusCode);
        return http;
    }

    static KeyValuePair<string, string?> At(string service, string address) =>
        new($"services:{service}:http:0", address);

    async Task MakeStore(bool complete)
    {
        if (_name == "customerpages")
        {
            _redis = ChildProcess.Start(
                "bash", [Path.Combine(ChildProcess.RepositoryRoot, "local/redis.sh")],
                new Dictionary<string, string>
                {
                    ["DATA"] = _redisFolder,
                    ["PORT"] = $"{_redisPort}",
                    ["PASSWORD"] = _database,
                });
            await _redis.Listens(_redisPort);
        }

        if (_store is null) return;
        if (!complete)
        {
            await Run($"CREATE DATABASE {_database}");
            return;
        }

        await using var db = _store(Database);
        await db.Database.MigrateAsync();
    }

    /// <summary>To this service it is as if the server were gone.</summary>
    Task CloseDatabase() => Run(
        $"""
        ALTER DATABASE {_database} ALLOW_CONNECTIONS false; SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = '{_database}'
        """);

    async Task CloseRedis()
    {
        await _redis!.DisposeAsync();
        _redis = null;
    }

    async Task Run(string sql)
    {
        await using var server = NpgsqlDataSource.Create(_servers.Database("postgres"));
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
        if (_redis is not null) await _redis.DisposeAsync();
        Directory.Delete(_redisFolder, recursive: true);
    }
}
