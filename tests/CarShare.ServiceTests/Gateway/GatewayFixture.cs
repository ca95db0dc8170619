using System.Net;
using System.Net.Sockets;
using CarShare.Tests;

namespace CarShare.ServiceTests.Gateway;

/// <summary>The gateway as a process of its own with small limits, in front of one stub for all services.</summary>
public class GatewayFixture(IdentityServer identity) : IAsyncLifetime
{
    public const string Shop = "https://shop.example.com";

    static readonly string[] Services =
        ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages"];

    readonly int _management = ChildProcess.FreePort();
    ChildProcess? _process;
    int _lastAddress;

    public ServiceStub Stub { get; } = new();

    protected IdentityServer Identity => identity;

    public int Port { get; } = ChildProcess.FreePort();

    public string Output => _process!.Output;

    protected virtual IEnumerable<KeyValuePair<string, string>> Settings =>
    [
        new("ASPNETCORE_ENVIRONMENT", "Development"),
        new("Limits__Customer__PerSecond", "5"), new("Limits__Customer__Burst", "10"),
        new("Limits__Customer__AtOnce", "2"), new("Limits__Customer__Streams", "2"),
        new("Limits__Address__PerSecond", "5"), new("Limits__Address__Burst", "10"),
        new("Limits__AtOnce", "4"), new("Limits__Waiting", "1"), new("Limits__HeadersTimeout", "00:00:01"),
        new("Limits__BodyGrace", "00:00:01.5"),
    ];

    public async ValueTask InitializeAsync()
    {
        await Stub.Start();
        _process = Start(Settings);
        await _process.Listens(Port);
        using var management = Management();
        await Eventually.Holds(
            "the gateway is ready", async () => (await management.GetAsync("/health")).IsSuccessStatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        await Stub.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Another gateway like this one, but for these settings.</summary>
    public ChildProcess Start(IEnumerable<KeyValuePair<string, string>> settings, int? port = null) =>
        ChildProcess.Start(
            "dotnet", [Path.Combine(ChildProcess.RepositoryRoot, "CarShare.Gateway/bin", ChildProcess.Configuration,
                "net10.0/CarShare.Gateway.dll")],
            new Dictionary<string, string>(settings)
            {
                ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port ?? Port}",
                ["MANAGEMENT_PORT"] = $"{_management}",
                ["Authentication__Authority"] = identity.Authority,
                ["Cors__Origins__0"] = settings.FirstOrDefault(setting => setting.Key == "Cors__Origins__0").Value
                    ?? Shop,
            }.Concat(Services.Select(service => KeyValuePair.Create(
                $"services__{service}__http__0", Stub.AddressOf(service)))));

    public HttpClient As(string customer) => Client(() => identity.Token(customer));

    public HttpClient With(string token) => Client(() => Task.FromResult(token));

    /// <summary>Somebody without a token, at an address of this machine that nobody else calls from.</summary>
    public HttpClient Anonymous() => Client(null);

    public HttpClient Management() => new() { BaseAddress = new($"http://127.0.0.1:{_management}") };

    public async Task<TcpClient> Connect()
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        return socket;
    }

    HttpClient Client(Func<Task<string>>? token)
    {
        var own = new IPEndPoint(new IPAddress([127, 1, 0, (byte)Interlocked.Increment(ref _lastAddress)]), 0);
        var sockets = new SocketsHttpHandler
        {
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(own);
                await socket.ConnectAsync(IPAddress.Loopback, Port, ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new(token is null ? sockets : new BearerHandler(token) { InnerHandler = sockets })
        {
            BaseAddress = new(
            $"http://127.0.0.1:{Port}")
        };
    }
}
