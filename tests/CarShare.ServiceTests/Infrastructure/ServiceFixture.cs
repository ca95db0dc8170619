using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CarShare.ServiceTests;

/// <summary>
/// One service in this process, behind real Kestrel, with a database and a broker of its own.
/// <typeparamref name="TDb"/> names both the service's assembly and its store. Derive from it to set options, and use
/// the derived class as the class fixture.
/// </summary>
public abstract class ServiceFixture<TDb>(Servers servers, IdentityServer identity, string databaseName)
    : IAsyncLifetime
    where TDb : DbContext
{
    readonly List<WebApplicationFactory<TDb>> _hosts = [];
    string _database = "";

    public Broker Broker { get; } = new();

    public PublisherStub Publishers { get; } = new();

    public IdentityServer Identity => identity;

    /// <summary>What the service is called by others and at the identity provider.</summary>
    public string Name => databaseName[..^"db".Length];

    /// <summary>The first replica.</summary>
    public WebApplicationFactory<TDb> Host => _hosts[0];

    /// <summary>Settings beside the connection strings; more than one call sees the same values.</summary>
    protected virtual IEnumerable<KeyValuePair<string, string>> Settings => [];

    IEnumerable<KeyValuePair<string, string>> AllSettings =>
    [
        new($"ConnectionStrings:{databaseName}", _database), new("ConnectionStrings:kafka", Broker.Address),
        .. identity.Settings(Name).Select(setting => KeyValuePair.Create(setting.Key, setting.Value!)),
        .. Topics.All.Select(
            topic => KeyValuePair.Create($"services:{Topics.SourceOf(topic)}:http:0", Publishers.Address)), .. Settings,
    ];

    public virtual async ValueTask InitializeAsync()
    {
        _database = servers.Database($"{databaseName}_{Guid.NewGuid():N}");
        Publishers.Outbox = Broker.Outbox;
        await Task.WhenAll(Broker.Start(), Publishers.Start());
        await using var db = (TDb)Activator.CreateInstance(
            typeof(TDb), new DbContextOptionsBuilder<TDb>().UseNpgsql(_database).Options)!;
        await db.Database.MigrateAsync();
        await StartReplica();
    }

    /// <summary>Starts one more process-like replica on the same store and broker.</summary>
    public async Task<WebApplicationFactory<TDb>> StartReplica(params (string Name, string Value)[] settings)
    {
        var host = new WebApplicationFactory<TDb>().WithWebHostBuilder(web =>
        {
            web.UseSetting("urls", "http://127.0.0.1:0");
            foreach (var (name, value) in AllSettings.Select(s => (s.Key, s.Value)).Concat(settings))
                web.UseSetting(name, value);
            web.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        });
        host.UseKestrel(0);
        host.StartServer();
        _hosts.Add(host);
        using var client = host.CreateClient();
        await Eventually.Holds(
            "the service is ready", async () => (await client.GetAsync("/health")).IsSuccessStatusCode);
        return host;
    }

    /// <summary>Starts a replica as a process of its own. Its database sessions carry the name given.</summary>
    public Task<ChildProcess> StartProcess(string name, params (string Name, string Value)[] settings) =>
        StartProcess(name, ChildProcess.FreePort(), isRead: true, settings);

    /// <summary>The same at a port that is known, its output read or not.</summary>
    public async Task<ChildProcess> StartProcess(
        string name, int port, bool isRead, params (string Name, string Value)[] settings)
    {
        var service = typeof(TDb).Assembly.GetName().Name!;
        var environment = new Dictionary<string, string>();
        foreach (var (setting, value) in AllSettings)
            environment[setting.Replace(":", "__", StringComparison.Ordinal)] = value;
        environment[$"ConnectionStrings__{databaseName}"] += $";Application Name={name}";
        environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        foreach (var (setting, value) in settings)
            environment[setting.Replace(":", "__", StringComparison.Ordinal)] = value;
        var process = ChildProcess.Start(
            "dotnet", [Path.Combine(ChildProcess.RepositoryRoot, "services", service, "bin", ChildProcess.Configuration,
                "net10.0", $"{service}.dll")], environment, isRead);
        await process.Listens(port, TimeSpan.FromMinutes(1));
        return process;
    }

    /// <summary>Stops every replica of this process in an orderly way; the store and the broker stay.</summary>
    public async Task StopReplicas()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        _hosts.Clear();
    }

    /// <summary>Waits until the effects of all these events are committed.</summary>
    public Task AllHandled(IReadOnlyCollection<Guid> events) => Eventually.Holds(
        $"{events.Count} events are handled",
        async () => await Query(db => db.Set<InboxMessage>().CountAsync(m => events.Contains(m.Id))) == events.Count,
        TimeSpan.FromMinutes(1));

    public HttpClient Anonymous() => Host.CreateClient();

    public HttpClient As(string customer, WebApplicationFactory<TDb>? replica = null) =>
        With(() => identity.Token(customer), replica);

    public HttpClient Operator() => With(() => identity.Token("operator"));

    /// <summary>Another service.</summary>
    public HttpClient Service(string client = "orders") => With(() => identity.ServiceToken(client));

    HttpClient With(Func<Task<string>> token, WebApplicationFactory<TDb>? replica = null)
    {
        using var anonymous = (replica ?? Host).CreateClient();
        return BearerHandler.ClientOf(anonymous.BaseAddress!, token);
    }

    /// <summary>Looks into the store with the service's own context.</summary>
    public async Task<T> Query<T>(Func<TDb, Task<T>> query)
    {
        await using var scope = Host.Services.CreateAsyncScope();
        return await query(scope.ServiceProvider.GetRequiredService<TDb>());
    }

    public Task SomebodyWaitsForALock() => Eventually.Holds("a request waits for a lock", () => Query(db => db.Database
        .SqlQuery<bool>(
            $"""
                SELECT EXISTS (SELECT FROM pg_stat_activity
                    WHERE wait_event_type = 'Lock' AND datname = current_database()) AS "Value"
                """)
        .SingleAsync()));

    /// <summary>A plain connection to the store, for SQL that the service has no word for.</summary>
    public async Task<NpgsqlConnection> Connect()
    {
        var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        return connection;
    }

    public virtual async ValueTask DisposeAsync()
    {
        await StopReplicas();
        await Broker.DisposeAsync();
        await Publishers.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
