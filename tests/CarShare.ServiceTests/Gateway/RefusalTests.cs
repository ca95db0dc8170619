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

    [Theory]
    [InlineData("DELETE", "/payments/not-an-id", "orderId")]
    [InlineData("DELETE", "/payments/%2B1890a5d-ac96-774b-bcce-b302099a8057", "orderId")]
    [InlineData("DELETE", "/payments/01890a5dac96774bbcceb302099a8057", "orderId")]
    [InlineData("GET", "/stocks/1/vehicles", "productId")]
    public async Task An_id_in_the_path_is_named_as_the_public_contract_names_it(
        string method, string path, string name)
    {
        var answer = await Raw(
            $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
            + $"{await gateway.Token()}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"errors\":{{\"{name}\":[\"must be an id", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/customers/a%2Fb")]
    [InlineData("/customers/a%2Fb?after=%2F")]
    [InlineData("/customers/a%252Fb")]
    [InlineData("/customers/%2F..%2F%25%20%EA%B0%80")]
    public async Task What_is_inside_a_segment_of_the_path_comes_to_the_service_as_it_was_sent(string path)
    {
        var answer = await Raw(
            $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer "
            + $"{await gateway.Token()}\r\n\r\n");
        Assert.Contains($"X-Asked: {path}\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:443", "localhost:443", false)]
    [InlineData("127.0.0.1:22", "127.0.0.1:22", true)]
    [InlineData("/orders", "localhost", true)]
    [InlineData("/stocks", "localhost", true)]
    [InlineData("/openapi.json", "localhost", false)]
    public async Task A_tunnel_is_refused_with_what_works_and_never_said_to_be_our_trouble(
        string target, string host, bool isKnown)
    {
        var answer = await Raw(
            $"CONNECT {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n"
            + (isKnown ? $"Authorization: Bearer {await gateway.Token()}\r\n\r\n" : "\r\n"));
        Assert.StartsWith("HTTP/1.1 405 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nAllow: ", answer, StringComparison.Ordinal);
        Assert.Contains("GET, HEAD", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/openapi.json", "GET, HEAD")]
    [InlineData("/openapi/payments.json", "GET, HEAD")]
    [InlineData("/docs", "GET, HEAD")]
    [InlineData("/docs/swagger-ui.css", "GET, HEAD")]
    [InlineData("/dead-letters", "GET, HEAD")]
    [InlineData("/dead-letters/stocks/0199d1f0-0000-7000-8000-000000000000/redrive", "POST")]
    [InlineData("/live", "GET, HEAD")]
    [InlineData("/", "GET, HEAD, POST")]
    [InlineData("/rentals/1", "GET, HEAD, POST")]
    public async Task A_path_that_does_not_have_a_method_says_which_it_has(string path, string allowed)
    {
        using HttpClient known = gateway.As("operator"), stranger = gateway.Anonymous();
        string[] all = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "FROBNICATE"];
        foreach (var method in all.Except(allowed.Split(", ")))
            foreach (var http in (HttpClient[])[known, stranger])
            {
                using var request = new HttpRequestMessage(new(method), path);
                if (method is "POST" or "PUT") request.Content = new StringContent("anything");
                using var answer = await http.SendAsync(request);
                Assert.Equal((method, 405, allowed), (method, (int)answer.StatusCode, string.Join(
                    ", ", answer.Content.Headers.Allow.Order(StringComparer.Ordinal))));
                Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            }
    }

    [Theory]
    [InlineData("/openapi.json")]
    [InlineData("/openapi/orders.json")]
    [InlineData("/docs/index.html")]
    [InlineData("/docs/nothing")]
    [InlineData("/dead-letters")]
    [InlineData("/dead-letters?limit=0")]
    [InlineData("/dead-letters?service=stocks")]
    [InlineData("/orders")]
    [InlineData("/customerpages/stream")]
    public async Task A_head_is_answered_as_its_get_is_but_for_the_body(string path)
    {
        using HttpClient known = gateway.As("operator"), stranger = gateway.Anonymous();
        foreach (var http in (HttpClient[])[known, stranger])
        {
            using var head = await http.SendAsync(new(HttpMethod.Head, path));
            using var get = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal((get.StatusCode, get.Content.Headers.ContentType), (head.StatusCode,
                head.Content.Headers.ContentType));
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }
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
