using System.Net;
using System.Text.RegularExpressions;
using CarShare.ServiceTests.Contracts;

namespace CarShare.ServiceTests.Gateway;

/// <summary>What a browser is told.</summary>
[Collection(nameof(GatewayFixture))]
public sealed class HeadersTests(GatewayFixture gateway)
{
    // C42
    [Theory]
    [InlineData("/orders", "alice", 200)]
    [InlineData("/orders", null, 401)]
    [InlineData("/orders/busy", "alice", 503)]
    [InlineData("/nothing", "alice", 503)]
    [InlineData("/stocks", null, 200)]
    [InlineData("/docs/index.html", null, 200)]
    public async Task Every_answer_carries_the_security_headers_and_names_no_software(
        string route, string? who, int status)
    {
        using var http = who is null ? gateway.Anonymous() : gateway.As($"{who}-{Guid.NewGuid():N}");
        using var answer = await http.GetAsync(route);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(("nosniff", "DENY", "no-referrer"), (Header(answer, "X-Content-Type-Options"), Header(
            answer, "X-Frame-Options"), Header(answer, "Referrer-Policy")));
        var policy = Header(answer, "Content-Security-Policy")!;
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal(route.StartsWith("/docs", StringComparison.Ordinal), policy.Contains(
            "script-src 'self'", StringComparison.Ordinal));
        Assert.Equal((null, null), (Header(answer, "Server"), Header(answer, "X-Powered-By")));
        Assert.Equal(status >= 400 || who is not null, answer.Headers.CacheControl?.NoStore is true);
    }

    [Fact]
    public async Task The_page_of_the_documents_needs_nothing_its_policy_forbids()
    {
        using var http = gateway.Anonymous();
        var page = await http.GetStringAsync("/docs/index.html");
        Assert.Matches("<script src=\"[^\"]+\"", page);
        Assert.DoesNotMatch(@"<script(?![^>]*\ssrc="")|\son\w+=|(src|href)=""(https?:)?//", page);
        foreach (Match file in Regex.Matches(page, "(?:src|href)=\"(?<path>[^\"]+)\""))
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"/docs/{file.Groups["path"].Value}")).StatusCode);
    }

    // C42
    [Theory]
    [InlineData("/orders", "alice", 200)]
    [InlineData("/orders", null, 401)]
    [InlineData("/orders/busy", "alice", 503)]
    [InlineData("/nothing", "alice", 503)]
    public async Task Only_an_allowed_origin_may_read_and_nobody_sends_credentials_by_itself(
        string route, string? who, int status)
    {
        using var http = who is null ? gateway.Anonymous() : gateway.As($"{who}-{Guid.NewGuid():N}");
        foreach (var (origin, allowed) in ((string, string?)[])[
            (GatewayFixture.Shop, GatewayFixture.Shop), ("https://evil.example.com", null), ("null", null),
        ])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, route) { Headers = { { "Origin", origin } } };
            using var answer = await http.SendAsync(request);
            Assert.Equal((status, allowed, null), ((int)answer.StatusCode, Header(
                answer, "Access-Control-Allow-Origin"), Header(answer, "Access-Control-Allow-Credentials")));
        }
    }

    [Fact]
    public async Task A_page_of_an_allowed_origin_can_read_every_header_that_the_document_or_a_refusal_names()
    {
        using var http = gateway.Anonymous();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/orders");
        request.Headers.Add("Origin", GatewayFixture.Shop);
        using var answer = await http.SendAsync(request);
        var readable = Header(answer, "Access-Control-Expose-Headers")!.Split(',', StringSplitOptions.TrimEntries);
        var documented = PublicDocumentTests.Operations(await PublicDocumentTests.Merged.Value)
            .SelectMany(found => found.Operation["responses"]!.AsObject())
            .SelectMany(response => response.Value!["headers"]?.AsObject().Select(header => header.Key) ?? []);
        string[] refusals = ["WWW-Authenticate", "Allow", "Accept-Encoding", "Retry-After", "ETag", "Location"];
        Assert.All(documented.Concat(refusals).Distinct(), header => Assert.Contains(
            header, readable, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData(GatewayFixture.Shop, true)]
    [InlineData("https://evil.example.com", false)]
    public async Task A_browser_that_asks_first_is_told_the_same(string origin, bool allowed)
    {
        using var http = gateway.Anonymous();
        using var request = new HttpRequestMessage(HttpMethod.Options, "/orders")
        {
            Headers = { { "Origin", origin }, { "Access-Control-Request-Method", "POST" },
                { "Access-Control-Request-Headers", "authorization,idempotency-key,content-type" } },
        };
        using var answer = await http.SendAsync(request);
        Assert.Equal(allowed ? origin : null, Header(answer, "Access-Control-Allow-Origin"));
        Assert.Equal(allowed, Header(answer, "Access-Control-Allow-Headers")?.Contains(
            "idempotency-key", StringComparison.OrdinalIgnoreCase) is true);
    }

    static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}
