using System.Net;
using System.Net.Http.Headers;

namespace CarShare.ServiceTests.Requests;

/// <summary>Which requests are the same one, and that nobody is let believe so where it is not kept.</summary>
public sealed class SameRequestTests(SmallService service) : IClassFixture<SmallService>
{
    const string Some = "01890a5d-ac96-774b-bcce-b302099a8057";

    [Theory]
    [InlineData("PATCH", "")]
    [InlineData("DELETE", "")]
    [InlineData("PUT", "")]
    [InlineData("POST", "/poke")]
    public async Task A_key_that_nobody_would_keep_is_refused_whatever_the_method(string method, string rest)
    {
        using var request = new HttpRequestMessage(new(method), $"/things/{Some}{rest}");
        request.Headers.Add("Idempotency-Key", "a key");
        if (method is "PATCH" or "PUT")
            request.Content = new StringContent(
                """{"label":"a","at":"2026-01-31T09:30:00Z"}""", new MediaTypeHeaderValue("application/json"));
        Assert.Equal("Idempotency-Key is not supported here", await RequestRulesTests.Errors(
            await service.Http.SendAsync(request), HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData("GET", $"/stocks/{Some}")]
    [InlineData("HEAD", $"/stocks/{Some}")]
    [InlineData("DELETE", $"/things/{Some}")]
    public async Task A_condition_that_is_not_kept_is_refused_and_nothing_untrue_is_said_of_it(
        string method, string path)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.TryAddWithoutValidation("If-Match", "\"beef\"");
        using var answer = await service.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        if (method != "HEAD")
            Assert.Equal("If-Match is not supported here: it goes with a PATCH or DELETE of what has an ETag",
                await RequestRulesTests.Errors(answer, HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData("""{"name":"a","count":2,"amount":3}""")]
    [InlineData("""{"amount":3.0,"count":2e0,"name":" a "}""")]
    [InlineData("""{"tags":null,"count":2,"part":null,"name":"a","id":null,"amount":3,"state":null}""")]
    [InlineData("""{"isNew":false,"weight":1,"kind":"Available","name":"a","amount":3,"count":2}""")]
    [InlineData("""{"count":2,"weight":1.00,"amount":3,"name":"\u0061"}""")]
    public async Task The_same_said_in_another_order_or_with_what_holds_anyway_is_the_same_request(string body) =>
        Assert.Equal(await Hash("""{"name":"a","count":2,"amount":3}"""), await Hash(body));

    [Theory]
    [InlineData("""{"name":"a","count":2,"amount":3,"weight":2}""")]
    [InlineData("""{"name":"a","count":2,"amount":3,"isNew":true}""")]
    [InlineData("""{"name":"a","count":2,"amount":3,"kind":"Retired"}""")]
    [InlineData("""{"name":"a","count":2,"amount":3,"state":"Available"}""")]
    [InlineData("""{"name":"a","count":2,"amount":3,"tags":[]}""")]
    [InlineData("""{"name":"a","count":3,"amount":2}""")]
    public async Task What_says_something_else_is_another_request(string body) =>
        Assert.NotEqual(await Hash("""{"name":"a","count":2,"amount":3}"""), await Hash(body));

    [Fact]
    public async Task An_id_in_capitals_is_the_same_request() =>
        Assert.Equal(
            await Hash($$"""{"name":"a","count":2,"amount":3,"id":"{{Some}}"}"""),
            await Hash($$"""{"name":"a","count":2,"amount":3,"id":"{{Some.ToUpperInvariant()}}"}"""));

    async Task<string> Hash(string body)
    {
        using var answer = await service.Http.PostAsync(
            "/things/hash", new StringContent(body, new MediaTypeHeaderValue("application/json")));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }
}
