using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using CarShare.Tests;

namespace CarShare.ServiceTests.Gateway;

/// <summary>
/// As it is published: behind a balancer that ends TLS, with its telemetry collected and everybody logged in detail.
/// </summary>
public sealed class PublishedGateway(IdentityServer identity) : GatewayFixture(identity)
{
    public const int Connections = 20;

    protected override IEnumerable<KeyValuePair<string, string>> Settings =>
    [
        new("ASPNETCORE_ENVIRONMENT", "Production"), new("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true"),
        new("Ingress__Networks__0", "127.0.0.0/8"), new("Draining__Delay", "00:00:00"),
        new("Limits__Connections", $"{Connections}"),
        new("OTEL_EXPORTER_OTLP_ENDPOINT", Stub.Address), new("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        new("OTEL_BSP_SCHEDULE_DELAY", "100"), new("OTEL_BLRP_SCHEDULE_DELAY", "100"),
    ];
}

public sealed class PublishedTests(PublishedGateway gateway) : IClassFixture<PublishedGateway>
{
    [Theory]
    [InlineData("https", true)]
    [InlineData("http", false)]
    public async Task Over_tls_browsers_are_told_to_stay_there(string scheme, bool told)
    {
        using var http = gateway.Anonymous();
        using var request = new HttpRequestMessage(
            HttpMethod.Get, "/stocks")
        { Headers = { Host = "carshare.example.com" } };
        request.Headers.Add("X-Forwarded-Proto", scheme);
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(told, answer.Headers.TryGetValues("Strict-Transport-Security", out var values)
            && values.Single() == "max-age=31536000");
    }

    // C42
    [Fact]
    public async Task Nothing_a_caller_sends_in_confidence_is_in_the_traces_or_the_log()
    {
        var mark = Guid.NewGuid().ToString("N");
        var customer = $"customer-{Guid.NewGuid():N}";
        using HttpClient alice = gateway.As(customer), forger = gateway.With($"forged.{mark}.token");
        foreach (var http in (HttpClient[])[alice, forger])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/orders?note={mark}")
            {
                Content = new StringContent(
                    $$"""{"deliveryAddress":"{{mark}}"}""", new MediaTypeHeaderValue("application/json")),
                Headers = { { "Idempotency-Key", mark } },
            };
            using var answer = await http.SendAsync(request);
            Assert.Equal(http == alice ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, answer.StatusCode);
            var token = answer.RequestMessage!.Headers.Authorization!.Parameter!;
            await Eventually.Holds("the request is in the traces", () =>
                Task.FromResult(gateway.Stub.Telemetry.Contains("/orders", StringComparison.Ordinal)));
            await Eventually.StaysTrue(
                "no secret is told", () =>
                    Task.FromResult(!(gateway.Stub.Telemetry + gateway.Output).Contains(mark, StringComparison.Ordinal)
                        && !(gateway.Stub.Telemetry + gateway.Output).Contains(token[^40..], StringComparison.Ordinal)),
                TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public async Task Connections_have_a_limit_that_leaves_the_probes_alone()
    {
        var open = new List<TcpClient>();
        try
        {
            for (var i = 0; i < PublishedGateway.Connections + 5; i++) open.Add(await gateway.Connect());
            await Eventually.Holds("the surplus is closed", () =>
                Task.FromResult(open.Count(IsClosed) is >= 5 and <= PublishedGateway.Connections));
            using var management = gateway.Management();
            using var probe = await management.GetAsync("/health");
            Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
        }
        finally
        {
            foreach (var socket in open) socket.Dispose();
        }
    }

    static bool IsClosed(TcpClient socket) =>
        socket.Client.Poll(0, SelectMode.SelectRead) && socket.Client.Available == 0;
}
