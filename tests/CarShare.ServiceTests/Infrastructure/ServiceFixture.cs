using CarShare.Contracts;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CarShare.ServiceTests;

/// <summary>
/// One service in this process, behind real Kestrel, with a database and a broker of its own. <typeparamref name="TDb"/> names both the service's assembly and its store.
/// Derive from it to set options, and use the derived class as the class fixture.
/// </summary>
public abstract class ServiceFixture<TDb>(Servers servers, string databaseName) : IAsyncLifetime
    where TDb : DbContext
{
    readonly List<WebApplicationFactory<TDb>> _hosts = [];
    string _database = "";

    public Broker Broker { get; } = new();

    public PublisherStub Publishers { get; } = new();

    /// <summary>The first replica.</summary>
    public WebApplicationFactory<TDb> Host => _hosts[0];

    /// <summary>Settings beside the connection strings; more than one call sees the same values.</summary>
    protected virtual IEnumerable<KeyValuePair<string, string>> Settings => [];

    public virtual async ValueTask InitializeAsync()
    {
        _database = servers.Database($"{databaseName}_{Guid.NewGuid():N}");
        await Task.WhenAll(Broker.Start(), Publishers.Start());
        await using var db = (TDb)Activator.CreateInstance(typeof(TDb), new DbContextOptionsBuilder<TDb>().UseNpgsql(_database).Options)!;
        await db.Database.MigrateAsync();
        await StartReplica();
    }

    /// <summary>Starts one more process-like replica on the same store and broker.</summary>
    public async Task<WebApplicationFactory<TDb>> StartReplica(params (string Name, string Value)[] settings)
    {
        var host = new WebApplicationFactory<TDb>().WithWebHostBuilder(web =>
        {
            web.UseSetting("urls", "http://127.0.0.1:0");
            web.UseSetting($"ConnectionStrings:{databaseName}", _database);
            web.UseSetting("ConnectionStrings:kafka", Broker.Address);
            foreach (var source in Topics.All.Select(Topics.SourceOf)) web.UseSetting($"services:{source}:http:0", Publishers.Address);
            foreach (var (name, value) in Settings.Select(s => (s.Key, s.Value)).Concat(settings)) web.UseSetting(name, value);
            web.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        });
        host.UseKestrel(0);
        host.StartServer();
        _hosts.Add(host);
        using var client = host.CreateClient();
        await Tests.Eventually.Holds("the service is ready", async () => (await client.GetAsync("/health")).IsSuccessStatusCode);
        return host;
    }

    public HttpClient Anonymous() => Host.CreateClient();

    public HttpClient As(string customer)
    {
        var client = Host.CreateClient();
        client.DefaultRequestHeaders.Add("X-Customer", customer);
        return client;
    }

    public HttpClient Operator()
    {
        var client = Host.CreateClient();
        client.DefaultRequestHeaders.Add("X-Role", "operator");
        return client;
    }

    /// <summary>Looks into the store with the service's own context.</summary>
    public async Task<T> Query<T>(Func<TDb, Task<T>> query)
    {
        await using var scope = Host.Services.CreateAsyncScope();
        return await query(scope.ServiceProvider.GetRequiredService<TDb>());
    }

    /// <summary>A plain connection to the store, for SQL that the service has no word for.</summary>
    public async Task<NpgsqlConnection> Connect()
    {
        var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        return connection;
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        await Broker.DisposeAsync();
        await Publishers.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
