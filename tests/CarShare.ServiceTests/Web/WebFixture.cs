using CarShare.ServiceTests.Gateway;
using CarShare.Tests;

namespace CarShare.ServiceTests.Web;

/// <summary>The web page as a process of its own, in front of one stub for all services.</summary>
public class WebFixture(IdentityServer identity) : IAsyncLifetime
{
    readonly int _port = ChildProcess.FreePort();
    ChildProcess? _process;

    public ServiceStub Stub { get; } = new();

    protected virtual string Environment => "Development";

    public string Output => _process!.Output;

    /// <summary>A visitor without cookies, who follows nothing by itself.</summary>
    public HttpClient Visitor() => new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false })
    {
        BaseAddress = new($"http://127.0.0.1:{_port}"),
    };

    public async ValueTask InitializeAsync()
    {
        await Stub.Start();
        var project = Path.Combine(ChildProcess.RepositoryRoot, "CarShare.Web");
        var program = Path.Combine(project, "bin", ChildProcess.Configuration, "net10.0/CarShare.Web.dll");
        string[] neighbours =
            ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages", "gateway"];
        _process = ChildProcess.Start("dotnet", [program, "--contentRoot", project], new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = Environment,
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_port}",
            ["Authentication__Authority"] = identity.Authority,
            ["Authentication__ClientId"] = "web",
            ["Authentication__ClientSecret"] = IdentityServer.Secret("web"),
            ["Web__SessionKey"] = new('k', 40),
        }.Concat(neighbours.Select(name => KeyValuePair.Create($"services__{name}__http__0", Stub.Address))));
        await _process.Listens(_port);
        using var visitor = Visitor();
        await Eventually.Holds(
            "the web is ready", async () => (await visitor.GetAsync("/health")).IsSuccessStatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        await Stub.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>As it is published.</summary>
public sealed class PublishedWebFixture(IdentityServer identity) : WebFixture(identity)
{
    protected override string Environment => "Production";
}
