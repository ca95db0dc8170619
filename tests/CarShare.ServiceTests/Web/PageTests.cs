using System.Diagnostics;
using System.Net;
using CarShare.ServiceDefaults;
using CarShare.Tests;

namespace CarShare.ServiceTests.Web;

/// <summary>The web page as a server: what is asked of it, sent to it and away behind it.</summary>
public sealed class PageTests(WebFixture web) : IClassFixture<WebFixture>
{
    [Theory]
    [InlineData("/", 200)]
    [InlineData("/cars/0199d1f0-0000-7000-8000-000000000000", null)]
    [InlineData("/app.css", 200)]
    [InlineData("/nowhere", 404)]
    [InlineData("/rentals", 302)]
    [InlineData("/sign-in", 302)]
    [InlineData("/live", 204)]
    public async Task A_head_is_answered_as_its_get_is_but_for_the_body(string path, int? status)
    {
        using var visitor = web.Visitor();
        using var get = await visitor.GetAsync(path);
        using var head = await visitor.SendAsync(new(HttpMethod.Head, path));
        Assert.Equal((get.StatusCode, get.Content.Headers.ContentType), (head.StatusCode,
            head.Content.Headers.ContentType));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        if (status is { } expected) Assert.Equal(expected, (int)head.StatusCode);
    }

    [Theory]
    [InlineData("carshare-form=garbage")]
    [InlineData("carshare-form=CfDJ8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("carshare=garbage")]
    [InlineData("carshare=chunks-2; carshareC1=a")]
    [InlineData("carshare=chunks-99999999")]
    [InlineData(".AspNetCore.Correlation.x=N; .AspNetCore.OpenIdConnect.Nonce.x=N")]
    [InlineData("language=%00; culture=xx-YY-zz")]
    public async Task What_a_browser_keeps_for_us_and_has_spoilt_leaves_nothing_in_the_log(string cookies)
    {
        using var visitor = web.Visitor();
        var before = web.Output.Length;
        foreach (var (method, path) in new[]
        {
            ("GET", "/"), ("GET", "/cars/1"), ("GET", "/rentals"), ("POST", "/"), ("POST", "/sign-out"),
            ("POST", "/language"), ("GET", "/signed-in?code=a&state=b"), ("POST", "/signed-in"), ("GET", "/signed-out"),
        })
        {
            using var request = new HttpRequestMessage(new(method), path) { Headers = { { "Cookie", cookies } } };
            if (method == "POST") request.Content = new FormUrlEncodedContent([new("language", "ko"), new(
                "__RequestVerificationToken", "garbage"), new("_handler", "nothing")]);
            using var answer = await visitor.SendAsync(request);
            Assert.True((int)answer.StatusCode < 500, $"{method} {path}: {(int)answer.StatusCode}");
        }

        await Eventually.StaysTrue(
            "nothing is said of it", () => Task.FromResult(web.Output.Length == before), TimeSpan.FromSeconds(0.5));
    }

    [Fact]
    public async Task A_few_visitors_one_after_the_other_are_enough_to_hold_off_a_service_that_hangs()
    {
        using var visitor = web.Visitor();
        web.Stub.Hanging = "/stocks";
        try
        {
            for (var i = 0; i < new InternalClientOptions().FailuresToOpen; i++)
                Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/")).StatusCode);
            var asked = web.Stub.Asked.Count;
            var start = Stopwatch.GetTimestamp();
            using var page = await visitor.GetAsync("/");
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(0.9));
            Assert.Equal(asked, web.Stub.Asked.Count);
        }
        finally
        {
            web.Stub.Hanging = "/nothing/hangs";
        }

        await Eventually.Holds("it is asked again when it is back", async () =>
        {
            var asked = web.Stub.Asked.Count;
            using var page = await visitor.GetAsync("/");
            return web.Stub.Asked.Count > asked;
        });
    }
}
