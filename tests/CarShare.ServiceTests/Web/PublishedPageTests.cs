using System.Net;

namespace CarShare.ServiceTests.Web;

public sealed class PublishedPageTests(PublishedWebFixture web) : IClassFixture<PublishedWebFixture>
{
    [Theory]
    [InlineData("GET", "/")]
    [InlineData("HEAD", "/cars/0199d1f0-0000-7000-8000-000000000000?a=b")]
    [InlineData("POST", "/sign-out")]
    [InlineData("GET", "/nowhere")]
    [InlineData("GET", "/app.css")]
    public async Task Who_comes_without_tls_is_sent_to_where_the_page_is(string method, string path)
    {
        using var visitor = web.Visitor();
        using var request = new HttpRequestMessage(new(method), path) { Headers = { Host = "cars.example.com:8080" } };
        using var answer = await visitor.SendAsync(request);
        Assert.Equal(HttpStatusCode.PermanentRedirect, answer.StatusCode);
        Assert.Equal($"https://cars.example.com{path}", answer.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task Behind_a_gateway_that_was_asked_by_tls_the_page_is_there_with_cookies_for_tls_alone()
    {
        using var visitor = web.Visitor();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/")
        {
            Headers = { { "X-Forwarded-Proto", "https" } },
        };
        using var answer = await visitor.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.All(answer.Headers.GetValues("Set-Cookie"), cookie =>
        {
            Assert.StartsWith("__Host-", cookie, StringComparison.Ordinal);
            Assert.Contains("; secure", cookie, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("/alive")]
    [InlineData("/health")]
    [InlineData("/metrics")]
    public async Task Probes_come_from_inside_without_tls(string path)
    {
        using var visitor = web.Visitor();
        using var answer = await visitor.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
