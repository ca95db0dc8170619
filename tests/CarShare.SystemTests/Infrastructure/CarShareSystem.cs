using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using CarShare.Tests;
using Microsoft.Extensions.DependencyInjection;

// A system has the machine to itself: its tests measure times and count on them.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace CarShare.SystemTests;

/// <summary>
/// The whole system, started by its AppHost with a data folder of its own on free ports. Derive to set options and use the derived class as a fixture. Faults are made by resource commands and by
/// signals to the service processes themselves.
/// </summary>
public abstract class CarShareSystem : IAsyncLifetime
{
    static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(3);

    // Stands in the environment of every process of this system: the services have it as a variable, the servers in their data folder's name.
    readonly string _run = Guid.NewGuid().ToString("N");
    readonly string _data;
    DistributedApplication? _app;
    Tokens? _tokens;

    protected CarShareSystem() => _data = Directory.CreateTempSubdirectory($"carshare-{_run}-").FullName;

    public DistributedApplication App => _app ?? throw new InvalidOperationException("The system is not started.");

    public static IReadOnlyList<string> Services { get; } = ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages"];

    /// <summary>AppHost arguments such as <c>--Settings:orders:Orders__PendingTimeout=00:00:02</c>.</summary>
    protected virtual IEnumerable<string> Arguments => [];

    public virtual async ValueTask InitializeAsync()
    {
        using var patience = new CancellationTokenSource(StartPatience);
        string[] arguments =
        [
            $"--CARSHARE_DATA={_data}", "--CARSHARE_INFRA=local",
            .. Services.Append("gateway").Select(s => $"--Settings:{s}:CARSHARE_RUN={_run}"), .. Arguments,
        ];
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.CarShare_AppHost>(arguments, patience.Token);
        _app = await builder.BuildAsync(patience.Token);
        await _app.StartAsync(patience.Token);
        foreach (var service in Services.Append("identity").Append("gateway")) await IsHealthy(service);
        // One rental compiles the code of every service, so that no test measures that.
        var product = await Eventually.Gets("the first product", () => Operator().TriesToRegister(cars: 1));
        var first = await Customer().TopUp(10_000);
        await Eventually.Holds("the first rental", async () => (await first.Order(product.ProductId)).IsSuccessStatusCode);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        Directory.Delete(_data, recursive: true);
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
    public string SigningKeyFile => Path.Combine(_data, "identity", "signing-key.pem");

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

    /// <summary>Sends a signal to the service's own processes (at most so many of its replicas), not to whatever started them, and answers how many there were.</summary>
    public async Task<int> Signal(string service, string signal, int atMost = int.MaxValue)
    {
        var processes = ProcessesOf(service).Take(atMost).ToList();
        foreach (var id in processes)
        {
            using var kill = Process.Start("kill", [$"-{signal}", id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
        }

        return processes.Count;
    }

    /// <summary>Starts a resource that has ended by itself.</summary>
    public async Task Restart(string resource)
    {
        using var patience = new CancellationTokenSource(StartPatience);
        await App.ResourceNotifications.WaitForResourceAsync(resource, [KnownResourceStates.Exited, KnownResourceStates.Finished, KnownResourceStates.FailedToStart], patience.Token);
        await Start(resource);
    }

    /// <summary>Empties the customer page's store.</summary>
    public async Task FlushRedis()
    {
        var address = (await App.GetConnectionStringAsync("redis"))!.Split(',')[0].Split(':');
        using var socket = new TcpClient(address[0], int.Parse(address[1], CultureInfo.InvariantCulture));
        await socket.GetStream().WriteAsync("FLUSHALL\r\n"u8.ToArray());
        var answer = new byte[16];
        Assert.Equal("+OK", Encoding.ASCII.GetString(answer, 0, await socket.GetStream().ReadAsync(answer)).Trim());
    }

    /// <summary>Kills without warning and starts again.</summary>
    public async Task KillAndRestart(string service)
    {
        Assert.NotEqual(0, await Signal(service, "KILL"));
        await Restart(service);
    }

    async Task Command(string resource, string command)
    {
        using var patience = new CancellationTokenSource(StartPatience);
        var target = App.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(r => r.Name == resource);
        var result = await App.ResourceCommands.ExecuteCommandAsync(target, command, patience.Token);
        Assert.True(result.Success, $"{command} of {resource}");
    }

    /// <summary>What the service's process was given to prove who it is.</summary>
    public IEnumerable<string> SecretsOf(string service) =>
        from process in ProcessesOf(service)
        from variable in File.ReadAllText($"/proc/{process}/environ").Split('\0')
        where variable.StartsWith("Authentication__ClientSecret=", StringComparison.Ordinal)
        select variable[(variable.IndexOf('=', StringComparison.Ordinal) + 1)..];

    IEnumerable<int> ProcessesOf(string service)
    {
        var assembly = $"CarShare.{service}";
        return Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _)).Where(IsIt)
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
