using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace CarShare.ServiceTests.CustomerPages;

/// <summary>The service in this process with a broker and a Redis of its own, which tests may flush and kill.</summary>
public sealed class PagesFixture(Servers servers, IdentityServer identity) : IAsyncLifetime
{
    readonly string _folder = Directory.CreateTempSubdirectory("carshare-pages-").FullName;
    const string RedisPassword = "for-this-test-alone";

    readonly int _redisPort = ChildProcess.FreePort();
    readonly List<WebApplicationFactory<RedisStore>> _hosts = [];
    readonly string _database = servers.Database($"customerpagesdb_{Guid.NewGuid():N}");
    ChildProcess? _redis;

    public Broker Broker { get; } = new();

    public PublisherStub Publishers { get; } = new();

    public IDatabase Redis => _hosts[0].Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();

    public async ValueTask InitializeAsync()
    {
        Publishers.Outbox = Broker.Outbox;
        await Task.WhenAll(Broker.Start(), Publishers.Start(), StartRedis(), MakeArchive());
        await StartReplica();
        // From here on, what comes into the log is read from there, also what no publisher remembers.
        await Eventually.Holds("every log is joined", async () =>
            await Redis.HashLengthAsync("positions") == Topics.All.Count * Topics.Partitions);
    }

    async Task MakeArchive()
    {
        await using var db = new CustomerPagesDb(
            new DbContextOptionsBuilder<CustomerPagesDb>().UseNpgsql(_database).Options);
        await db.Database.MigrateAsync();
    }

    public async Task StartRedis()
    {
        _redis = ChildProcess.Start(
            "bash", [Path.Combine(ChildProcess.RepositoryRoot, "local/redis.sh")],
            new Dictionary<string, string>
            {
                ["DATA"] = _folder,
                ["PORT"] = $"{_redisPort}",
                ["PASSWORD"] = RedisPassword,
            });
        await _redis.Listens(_redisPort);
    }

    public async Task KillRedis()
    {
        _redis!.Kill();
        await _redis.DisposeAsync();
    }

    public async Task<WebApplicationFactory<RedisStore>> StartReplica()
    {
        var host = new WebApplicationFactory<RedisStore>().WithWebHostBuilder(web =>
        {
            web.UseSetting(
                "ConnectionStrings:redis", $"127.0.0.1:{_redisPort},password={RedisPassword},allowAdmin=true");
            web.UseSetting("ConnectionStrings:customerpagesdb", _database);
            web.UseSetting("ConnectionStrings:kafka", Broker.Address);
            foreach (var (name, value) in identity.Settings("customerpages")) web.UseSetting(name, value);
            web.UseSetting("urls", "http://127.0.0.1:0");
            web.UseSetting("CustomerPages:Heartbeat", "00:00:01");
            foreach (var source in Topics.All.Select(Topics.SourceOf))
                web.UseSetting($"services:{source}:http:0", Publishers.Address);
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

    public HttpClient Anonymous() => _hosts[0].CreateClient();

    public HttpClient As(string customer, WebApplicationFactory<RedisStore>? host = null) =>
        With(() => identity.Token(customer), host);

    public HttpClient Operator() => With(() => identity.Token("operator"));

    HttpClient With(Func<Task<string>> token, WebApplicationFactory<RedisStore>? host = null)
    {
        using var anonymous = (host ?? _hosts[0]).CreateClient();
        return BearerHandler.ClientOf(anonymous.BaseAddress!, token);
    }

    public async Task<CustomerPageDto> Page(
        string customer, Guid order, Func<CustomerPageDto, bool>? which = null, TimeSpan? within = null)
    {
        using var http = As(customer);
        return await Eventually.Gets($"the page of order {order}", async () =>
        {
            using var answer = await http.GetAsync($"/customerpages/{order}");
            if (!answer.IsSuccessStatusCode) return null;
            var page = await answer.Content.ReadFromJsonAsync<CustomerPageDto>(ApiJson.Options);
            return which?.Invoke(page!) == false ? null : page;
        }, within);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        await Broker.DisposeAsync();
        await Publishers.DisposeAsync();
        if (_redis is not null) await _redis.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
