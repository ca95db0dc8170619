using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CarShare.Tests;

namespace CarShare.ServiceTests.Gateway;

[CollectionDefinition(nameof(GatewayFixture))]
public sealed class GatewayCollection : ICollectionFixture<GatewayFixture>;

[Collection(nameof(GatewayFixture))]
public sealed class LimitsTests(GatewayFixture gateway)
{
    const int Burst = 10;

    // C42
    [Fact]
    public async Task Who_asks_too_often_is_held_off_for_a_moment_and_nobody_else_is()
    {
        using HttpClient alice = Somebody(), bob = Somebody(), company = gateway.As("operator");
        alice.DefaultRequestHeaders.Add("Origin", GatewayFixture.Shop);

        using var refused = await HeldOff(alice, "/orders");

        Assert.Equal(
            ("too-many-requests", "1"), (await Code(refused), refused.Headers.GetValues("Retry-After").Single()));
        Assert.Equal(GatewayFixture.Shop, refused.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("Retry-After", refused.Headers.GetValues("Access-Control-Expose-Headers")
            .Single(), StringComparison.Ordinal);
        for (var i = 0; i < Burst; i++) Assert.Equal(HttpStatusCode.OK, await Status(bob, "/orders"));
        for (var i = 0; i < 10 * Burst; i++) Assert.Equal(HttpStatusCode.OK, await Status(company, "/orders"));
        await Eventually.Holds("alice gets in again", async () => await Status(alice, "/orders") == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Without_a_good_token_it_is_the_address_that_counts()
    {
        using HttpClient stranger = gateway.Anonymous(), forger = gateway.With("not.a.token"),
            another = gateway.Anonymous();

        using var browsing = await HeldOff(stranger, "/stocks");
        using var guessing = await HeldOff(forger, "/orders", HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.OK, await Status(another, "/stocks"));

        // An address that somebody only claims to have is not his.
        stranger.DefaultRequestHeaders.Add("X-Forwarded-For", "10.1.2.3");
        using var pretending = await HeldOff(stranger, "/stocks", least: 0);
    }

    [Fact]
    public async Task Too_much_at_once_is_held_off_for_one_and_for_all_together()
    {
        using HttpClient alice = Somebody(), bob = Somebody(), carol = Somebody(), dave = Somebody();
        var held = new List<Task<HttpStatusCode>>();
        try
        {
            foreach (var customer in (HttpClient[])[alice, alice, bob, bob]) held.Add(Status(customer, "/orders/held"));
            await Eventually.Holds("four requests are under way", () => Task.FromResult(gateway.Stub.Waiting == 4));

            using var third = await alice.GetAsync("/orders");
            Assert.Equal((HttpStatusCode.TooManyRequests, "too-many-requests"), (third.StatusCode, await Code(third)));

            // One more waits; the one after it, whichever of the two it is, has no place to wait in.
            var (waiting, refused) = (carol.GetAsync("/orders"), dave.GetAsync("/orders"));
            using var busy = await await Task.WhenAny(waiting, refused);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "overloaded", "1"), (
                busy.StatusCode, await Code(busy), busy.Headers.GetValues("Retry-After").Single()));

            // Streams and probes are not part of it.
            using var stream = await dave.GetAsync("/customerpages/stream", HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
            using var management = gateway.Management();
            for (var i = 0; i < 5 * Burst; i++) Assert.Equal(HttpStatusCode.OK, await Status(management, "/health"));

            gateway.Stub.Release();
            foreach (var answer in await Task.WhenAll(waiting, refused)) answer.Dispose();
            Assert.All(await Task.WhenAll(held), status => Assert.Equal(HttpStatusCode.OK, status));
            Assert.Equal(HttpStatusCode.OK, await Status(bob, "/orders"));
        }
        finally
        {
            gateway.Stub.Release();
            await Task.WhenAll(held);
        }
    }

    [Fact]
    public async Task Streams_have_a_limit_of_their_own()
    {
        using var alice = Somebody();
        var first = await Open(alice);
        using var second = await Open(alice);
        using var third = await Open(alice);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (
            first.StatusCode, second.StatusCode, third.StatusCode));
        Assert.Equal("too-many-requests", await Code(third));
        Assert.Equal(HttpStatusCode.OK, await Status(alice, "/orders"));

        first.Dispose();
        await Eventually.Holds("there is room for a stream", async () =>
        {
            using var another = await Open(alice);
            return another.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task A_services_own_refusal_passes_through_with_its_pause()
    {
        using var alice = Somebody();
        using var answer = await alice.GetAsync("/orders/busy");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "overloaded", "7"), (
            answer.StatusCode, await Code(answer), answer.Headers.GetValues("Retry-After").Single()));
    }

    [Theory]
    [InlineData("Limits__Customer__PerSecond", "0", "Limits: every number must be above zero")]
    [InlineData("Limits__Customer__Burst", "1", "Burst at least PerSecond")]
    [InlineData("Cors__Origins__0", "*", "Cors:Origins must be origins such as")]
    [InlineData("Cors__Origins__0", "https://*.example.com", "Cors:Origins must be origins such as")]
    [InlineData("Cors__Origins__0", "https://example.com/", "Cors:Origins must be origins such as")]
    public async Task Settings_that_protect_nothing_are_refused_at_the_start_in_one_sentence(
        string name, string value, string sentence)
    {
        await using var process = gateway.Start([new(name, value)], ChildProcess.FreePort());
        Assert.Equal(1, await process.Ends());
        Assert.Contains(sentence, process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", process.Output, StringComparison.Ordinal);
    }

    HttpClient Somebody() => gateway.As($"customer-{Guid.NewGuid():N}");

    static Task<HttpResponseMessage> Open(HttpClient customer) =>
        customer.GetAsync("/customerpages/stream", HttpCompletionOption.ResponseHeadersRead);

    /// <summary>Asks until it is held off, which is after the burst at the soonest unless it was before.</summary>
    static async Task<HttpResponseMessage> HeldOff(
        HttpClient http, string route, HttpStatusCode before = HttpStatusCode.OK, int least = Burst)
    {
        for (var i = 0; i < 20 * Burst; i++)
        {
            var answer = await http.GetAsync(route);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                Assert.InRange(i, least, int.MaxValue);
                return answer;
            }

            Assert.Equal(before, answer.StatusCode);
            answer.Dispose();
        }

        throw new Xunit.Sdk.XunitException($"{route} was answered {20 * Burst} times.");
    }

    static async Task<HttpStatusCode> Status(HttpClient http, string route)
    {
        using var answer = await http.GetAsync(route);
        return answer.StatusCode;
    }

    static async Task<string> Code(HttpResponseMessage answer)
    {
        Assert.Equal(new MediaTypeHeaderValue("application/problem+json"), answer.Content.Headers.ContentType);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("type").GetString()!
            .Split(':')[^1];
    }
}
