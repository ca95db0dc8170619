using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CarShare.Contracts;

namespace CarShare.SystemTests;

/// <summary>Bad input gets a 4xx that names the field, and nothing is stored.</summary>
[Collection(nameof(ManualSystem))]
public sealed class BadInputTests(ManualSystem system)
{
    const string Product = "01920000-0000-7000-8000-000000000000";

    // C18 C22
    [Theory]
    [InlineData("quantity", """{"productId":"P","quantity":0,"hours":1,"deliveryAddress":"a"}""")]
    [InlineData("quantity", """{"productId":"P","quantity":-1,"hours":1,"deliveryAddress":"a"}""")]
    [InlineData("quantity", """{"productId":"P","quantity":21,"hours":1,"deliveryAddress":"a"}""")]
    [InlineData("quantity", """{"productId":"P","quantity":99999999999999999999,"hours":1,"deliveryAddress":"a"}""")]
    [InlineData("quantity", """{"productId":"P","quantity":"one","hours":1,"deliveryAddress":"a"}""")]
    [InlineData("quantity", """{"productId":"P","quantity":null,"hours":1,"deliveryAddress":"a"}""")]
    [InlineData("quantity", """{"productId":"P","quantity":2,"hours":1,"deliveryAddress":"a","vehicleId":"P"}""")]
    [InlineData("hours", """{"productId":"P","quantity":1,"hours":0,"deliveryAddress":"a"}""")]
    [InlineData("hours", """{"productId":"P","quantity":1,"hours":10000,"deliveryAddress":"a"}""")]
    [InlineData("hours", """{"productId":"P","quantity":1,"deliveryAddress":"a"}""")]
    [InlineData("hours", """{"productId":"P","quantity":1,"hours":1.5,"deliveryAddress":"a"}""")]
    [InlineData("productId", """{"productId":"not-a-guid","quantity":1,"hours":1,"deliveryAddress":"a"}""")]
    [InlineData("productId", """{"quantity":1,"hours":1,"deliveryAddress":"a"}""")]
    [InlineData("deliveryAddress", """{"productId":"P","quantity":1,"hours":1}""")]
    [InlineData("deliveryAddress", """{"productId":"P","quantity":1,"hours":1,"deliveryAddress":""}""")]
    [InlineData("deliveryAddress", """{"productId":"P","quantity":1,"hours":1,"deliveryAddress":"line\u0000feed"}""")]
    [InlineData("deliveryAddress", """{"productId":"P","quantity":1,"hours":1,"deliveryAddress":"bell\u0007"}""")]
    [InlineData("deliveryAddress", """{"productId":"P","quantity":1,"hours":1,"deliveryAddress":"\ud800 alone"}""")]
    [InlineData("amount", """{"productId":"P","quantity":1,"hours":1,"deliveryAddress":"a","amount":1}""")]
    public async Task A_bad_order_is_refused_with_the_field_named(string field, string body)
    {
        var alice = system.Customer();
        using var answer = await Send(
            alice, Encoding.UTF8.GetBytes(body.Replace("\"P\"", $"\"{Product}\"", StringComparison.Ordinal)));
        var problem = await answer.Content.ReadAsStringAsync();

        Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{answer.StatusCode}: {problem}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.True(
            JsonDocument.Parse(problem).RootElement.GetProperty("errors").TryGetProperty(field, out _), problem);
        Assert.Empty(await alice.Http.All<OrderDto>("/orders"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("\"text\"")]
    public async Task A_body_that_is_no_order_is_refused(string body)
    {
        using var answer = await Send(system.Customer(), Encoding.UTF8.GetBytes(body));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Invalid_utf8_is_refused()
    {
        byte[] body = [
            .. Encoding.UTF8.GetBytes($$"""{"productId":"{{Product}}","hours":1,"deliveryAddress":"a"""), 0xC3,
            0x28, .. "\"}"u8,
        ];
        using var answer = await Send(system.Customer(), body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("101")]
    public async Task A_missing_or_oversized_idempotency_key_is_refused(string? key)
    {
        var text = key == "101" ? new string('k', 101) : key;
        using var answer = await Send(system.Customer(),
            Encoding.UTF8.GetBytes($$"""{"productId":"{{Product}}","hours":1,"deliveryAddress":"a"}"""), text);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Idempotency-Key", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Two_mebibytes_are_too_large()
    {
        using var answer = await Send(system.Customer(), Encoding.UTF8.GetBytes(
            $$"""{"productId":"{{Product}}","hours":1,"deliveryAddress":"{{new string('a', 2 << 20)}}"}"""));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Theory]
    [InlineData("/orders/not-a-guid")]
    [InlineData("/orders?limit=0")]
    [InlineData("/orders?limit=101")]
    [InlineData("/orders?limit=x")]
    [InlineData("/orders?after=x")]
    [InlineData("/orders?status=Flying")]
    [InlineData("/payments/not-a-guid")]
    [InlineData("/deliveries/not-a-guid")]
    [InlineData("/stocks/not-a-guid")]
    [InlineData("/customerpages/not-a-guid")]
    public async Task A_bad_route_or_query_value_is_400(string route)
    {
        using var answer = await system.Customer().Http.GetAsync(route);
        Assert.Equal((route, HttpStatusCode.BadRequest), (route, answer.StatusCode));
    }

    [Theory]
    [InlineData("""{"amount":0}""")]
    [InlineData("""{"amount":-5}""")]
    [InlineData("""{"amount":100000001}""")]
    [InlineData("""{"amount":10.5}""")]
    [InlineData("""{"amount":1e40}""")]
    [InlineData("""{"amount":"10"}""")]
    public async Task A_bad_top_up_is_refused(string body)
    {
        var alice = system.Customer();
        using var answer = await Send(alice, Encoding.UTF8.GetBytes(body), route: "/deposits");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("amount", await answer.Content.ReadAsStringAsync());
        Assert.Empty(await alice.Http.All<LedgerEntryDto>("/deposits/ledger"));
    }

    static async Task<HttpResponseMessage> Send(
        Customer customer, byte[] body, string? key = "a-key", string route = "/orders")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, route) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (key is not null) request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return await customer.Http.SendAsync(request);
    }
}
