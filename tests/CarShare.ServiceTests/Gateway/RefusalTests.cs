using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CarShare.ServiceTests.Gateway;

/// <summary>What is wrong with a request is the request's fault here, too; a stub stands for the services.</summary>
public sealed class RefusalTests(OpenGateway gateway) : IClassFixture<OpenGateway>
{
    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n", 400, "body")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n", 400, "body")]
    [InlineData("Content-Length: 2000000\r\n\r\n{}", 413, "body")]
    [InlineData("Content-Length: 2\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n{}", 400, "Idempotency-Key")]
    [InlineData("Content-Length: 2\r\nIdempotency-Key: \u00e9\r\n\r\n{}", 400, "Idempotency-Key")]
    [InlineData("Content-Length: 2\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n{}", 400, "Content-Type")]
    public async Task What_cannot_be_read_is_named_and_never_said_to_be_our_trouble(
        string rest, int status, string part)
    {
        var answer = await Raw(
            $"POST /orders HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
            + $"{await gateway.Token()}\r\n{rest}");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"{part}\":", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("User-Agent: caf\u00e9")]
    [InlineData("X-Anything: \u0080\u00ff\u00fe")]
    [InlineData("Referer: http://\u00ea/")]
    public async Task Bytes_beyond_ascii_in_a_header_pass_through(string header) =>
        Assert.StartsWith(
            "HTTP/1.1 200 ", await Raw(
                $"GET /stocks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n\r\n"),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("evil.example.com")]
    [InlineData("localhost.evil.example.com")]
    [InlineData("169.254.169.254")]
    public async Task Only_its_own_names_are_answered(string host) =>
        Assert.StartsWith(
            "HTTP/1.1 400 ", await Raw($"GET /stocks HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
            StringComparison.Ordinal);

    [Fact]
    public async Task A_tunnel_is_refused_and_never_said_to_be_our_trouble()
    {
        var answer = await Raw(
            $"CONNECT /orders HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
            + $"{await gateway.Token()}\r\n\r\n");
        Assert.DoesNotContain(" 503 ", answer.Split('\n')[0], StringComparison.Ordinal);
    }

    async Task<string> Raw(string request)
    {
        using TcpClient socket = await gateway.Connect();
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }
}

/// <summary>Without small limits, which are another test's matter.</summary>
public sealed class OpenGateway(IdentityServer identity) : GatewayFixture(identity)
{
    protected override IEnumerable<KeyValuePair<string, string>> Settings =>
        [new("ASPNETCORE_ENVIRONMENT", "Development"), new("Draining__Delay", "00:00:00")];

    public Task<string> Token() => Identity.Token("alice");
}
