using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using CarShare.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;

// A system has the machine to itself: its tests measure times and count on them.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace CarShare.SystemTests;

/// <summary>
/// The whole system, started by its AppHost with a data folder of its own on free ports. Derive to set options and use
/// the derived class as a fixture. Faults are made by resource commands and by signals to the service processes
/// themselves.
/// </summary>
public abstract class CarShareSystem : IAsyncLifetime
{
    static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);

    // Stands in the environment of every process of this system: the services have it as a variable, the servers in
    // their data folder's name.
    readonly string _run = Guid.NewGuid().ToString("N");
    DistributedApplication? _app;
    Tokens? _tokens;

    protected CarShareSystem() => Data = ChildProcess.DataFolder($"carshare-{_run}-");

    /// <summary>
    /// Variables of a developer's shell that change what libraries do: every system here is started from such a shell.
    /// </summary>
    public static IReadOnlyDictionary<string, string> HostileShell { get; } = new Dictionary<string, string>
    {
        ["http_proxy"] = "http://127.0.0.1:9",
        ["HTTPS_PROXY"] = "http://127.0.0.1:9",
        ["PGCLIENTENCODING"] = "SQL_ASCII",
        ["PGOPTIONS"] = "-c work_mem=64kB",
    };

    /// <summary>Where the local servers keep their data.</summary>
    public string Data { get; }

    public DistributedApplication App => _app ?? throw new InvalidOperationException("The system is not started.");

    public static IReadOnlyList<string> Services { get; } =
        ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages"];

    /// <summary>Whatever serves requests: the services, the pages and the gateway.</summary>
    public static IReadOnlyList<string> Workloads { get; } = [.. Services, "web", "gateway"];

    /// <summary>AppHost arguments such as <c>--Settings:orders:Orders__PendingTimeout=00:00:02</c>.</summary>
    protected virtual IEnumerable<string> Arguments => [];

    public virtual async ValueTask InitializeAsync()
    {
        using var patience = new CancellationTokenSource(StartPatience);
        foreach (var (name, value) in HostileShell) Environment.SetEnvironmentVariable(name, value);
        string[] arguments =
        [
            $"--CARSHARE_DATA={Data}", "--CARSHARE_INFRA=local",
            .. Workloads.Select(s => $"--Settings:{s}:CARSHARE_RUN={_run}"),
            .. Arguments,
        ];
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.CarShare_AppHost>(
            arguments, patience.Token);
        // a system writes more than a person reads; what failed is in the test's own words
        builder.Services.AddLogging(logging => logging.AddFilter("CarShare.AppHost.Resources", LogLevel.None)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None));
        _app = await builder.BuildAsync(patience.Token);
        await _app.StartAsync(patience.Token);
        foreach (var service in Workloads.Append("identity")) await IsHealthy(service);
        // One rental compiles the code of every service, so that no test measures that.
        var product = await Eventually.Gets("the first product", () => Operator().TriesToRegister(cars: 1));
        var first = Customer();
        await Eventually.Holds("the first deposit", async () =>
            (await first.Post("/deposits", new { amount = 10_000 })).IsSuccessStatusCode);
        await Eventually.Holds(
            "the first rental", async () => (await first.Order(product.ProductId)).IsSuccessStatusCode);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        Directory.Delete(Data, recursive: true);
        GC.SuppressFinalize(this);
    }

    public Customer Customer(string? name = null)
    {
        var customer = name ?? $"customer-{Guid.NewGuid():N}";
        return new(Gateway(() => Token(customer)), customer);
    }

    public Operator Operator() => new(Gateway(() => Token("operator")));

    /// <summary>A client of the gateway without any identity.</summary>
    public HttpClient Gateway() => App.CreateHttpClient("gateway", "http");

    /// <summary>The issuer.</summary>
    public string Authority => $"{App.GetEndpoint("identity", "http").ToString().TrimEnd('/')}/realms/carshare";

    /// <summary>Where the local provider keeps its key.</summary>
    public string SigningKeyFile => Path.Combine(Data, "identity", "signing-key.pem");

    public Task<string> Token(string user) => (_tokens ??= new(Authority)).Of(user);

    /// <summary>Everybody asks for new tokens: the provider has another key.</summary>
    public void ForgetTokens() => _tokens = null;

    HttpClient Gateway(Func<Task<string>> token) => BearerHandler.ClientOf(App.GetEndpoint("gateway", "http"), token);

    public async Task IsHealthy(string resource)
    {
        using var patience = new CancellationTokenSource(StartPatience);
        await App.ResourceNotifications.WaitForResourceHealthyAsync(resource, patience.Token);
    }

    public async Task Stop(string resource) => await Command(resource, KnownResourceCommands.StopCommand);

    /// <summary>Starts the resource and waits until it is healthy.</summary>
    public async Task Start(string resource)
    {
        await Command(resource, KnownResourceCommands.StartCommand);
        await IsHealthy(resource);
    }

    /// <summary>
    /// Sends a signal to the service's own processes (at most so many of its replicas), not to whatever started them,
    /// and answers how many there were.
    /// </summary>
    public async Task<int> Signal(string service, string signal, int atMost = int.MaxValue)
    {
        var processes = ProcessesOf(service).Take(atMost).ToList();
        foreach (var id in processes) await Signal(id, signal);
        return processes.Count;
    }

    public static async Task Signal(int id, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Starts a resource that has ended by itself.</summary>
    public async Task Restart(string resource)
    {
        using var patience = new CancellationTokenSource(StartPatience);
        await App.ResourceNotifications.WaitForResourceAsync(
            resource, [KnownResourceStates.Exited, KnownResourceStates.Finished, KnownResourceStates.FailedToStart],
            patience.Token);
        await Start(resource);
    }

    /// <summary>A session of its own with one of the databases.</summary>
    public async Task<NpgsqlConnection> Connect(string database)
    {
        var connection = new NpgsqlConnection($"{await App.GetConnectionStringAsync(database)};Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Empties the customer page's store.</summary>
    public async Task FlushRedis()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(
            $"{await App.GetConnectionStringAsync("redis")},allowAdmin=true");
        await redis.GetServers().Single().FlushAllDatabasesAsync();
    }

    /// <summary>Kills without warning and starts again.</summary>
    public async Task KillAndRestart(string service)
    {
        Assert.NotEqual(0, await Signal(service, "KILL"));
        await Restart(service);
    }

    /// <summary>Does what the dashboard's button does.</summary>
    public async Task Command(string resource, string command)
    {
        using var patience = new CancellationTokenSource(StartPatience);
        var target = App.Services.GetRequiredService<DistributedApplicationModel>().Resources
            .Single(r => r.Name == resource);
        var result = await App.ResourceCommands.ExecuteCommandAsync(target, command, patience.Token);
        Assert.True(result.Success, $"{command} of {resource}");
    }

    /// <summary>What the service's process was given to prove who it is, and to seal what it gives out.</summary>
    public IEnumerable<string> SecretsOf(string service) =>
        from variable in EnvironmentOf(service)
        where variable.StartsWith("Authentication__ClientSecret=", StringComparison.Ordinal)
            || variable.StartsWith("Web__SessionKey=", StringComparison.Ordinal)
        select variable[(variable.IndexOf('=', StringComparison.Ordinal) + 1)..];

    /// <summary>The service's processes, each with an address of its own where it answers probes.</summary>
    public IReadOnlyDictionary<int, Uri> Instances(string service) => ProcessesOf(service).ToDictionary(id => id, id =>
    {
        var environment = File.ReadAllText($"/proc/{id}/environ").Split('\0').Select(variable => variable.Split('=', 2))
            .ToLookup(v => v[0], v => v[^1]);
        return new Uri(environment["MANAGEMENT_PORT"].FirstOrDefault() is { } port
            ? $"http://localhost:{port}"
            : environment["ASPNETCORE_URLS"].First().Split(';')[0]);
    });

    /// <summary>What each process of the service measures, as Prometheus reads it.</summary>
    public async Task<IReadOnlyList<string>> Metrics(string service)
    {
        using var http = new HttpClient();
        return await Task.WhenAll(Instances(service).Values.Select(instance =>
            http.GetStringAsync(new Uri(instance, "/metrics"))));
    }

    /// <summary>The variables of the service's processes.</summary>
    public IEnumerable<string> EnvironmentOf(string service) =>
        ProcessesOf(service).SelectMany(
            process => File.ReadAllText($"/proc/{process}/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries));

    IEnumerable<int> ProcessesOf(string service)
    {
        var assembly = $"CarShare.{service}";
        return Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _) && IsIt(name))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)).Order();

        bool IsIt(string? id)
        {
            try
            {
                var program = File.ReadAllText($"/proc/{id}/cmdline").Split('\0').Any(part =>
                    string.Equals(Path.GetFileName(part), assembly, StringComparison.OrdinalIgnoreCase) ||
                    string.Equals(Path.GetFileName(part), $"{assembly}.dll", StringComparison.OrdinalIgnoreCase));
                return program && File.ReadAllText($"/proc/{id}/environ").Contains(_run, StringComparison.Ordinal);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }
}
