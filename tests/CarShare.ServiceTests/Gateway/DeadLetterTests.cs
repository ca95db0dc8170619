using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace CarShare.ServiceTests.Gateway;

/// <summary>What the services have parked, for operators through the gateway.</summary>
public sealed class DeadLetterTests(OpenGateway gateway) : IClassFixture<OpenGateway>
{
    [Fact]
    public async Task Operators_see_what_could_not_be_handled_by_all_services_or_by_one()
    {
        using var http = gateway.As("operator");
        var all = await http.GetFromJsonAsync<JsonElement>("/dead-letters");
        Assert.Equal(["customerpages", "deliveries", "notifications", "orders", "payments", "stocks"],
            all.GetProperty("items").EnumerateArray()
                .Select(letter => letter.GetProperty("service").GetString()!).Order());
        Assert.Equal(0, all.GetProperty("unavailable").GetArrayLength());

        var one = (await http.GetFromJsonAsync<JsonElement>("/dead-letters?service=payments&limit=1"))
            .GetProperty("items")[0];
        Assert.Equal(("payments", "No such product.", ServiceStub.Parked), (one.GetProperty("service")
            .GetString(), one.GetProperty("error").GetString(), one.GetProperty("id").GetGuid()));
    }

    [Theory]
    [InlineData("/dead-letters?service=web", "service")]
    [InlineData("/dead-letters?limit=0", "limit")]
    [InlineData("/dead-letters?after=1", "after")]
    [InlineData("/dead-letters?since=yesterday", "since")]
    public async Task A_question_that_makes_no_sense_is_refused_by_name(string path, string name)
    {
        using var http = gateway.As("operator");
        using var answer = await http.GetAsync(path);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.True(
            (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").TryGetProperty(name, out _));
    }

    [Fact]
    public async Task A_letter_is_handled_again_when_an_operator_says_so()
    {
        using var http = gateway.As("operator");
        using var answer = await http.PostAsync($"/dead-letters/stocks/{ServiceStub.Parked}/redrive", null);
        Assert.Equal("""{"redriven":1,"failed":0}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NotFound,
            (await http.PostAsync($"/dead-letters/stocks/{Guid.NewGuid()}/redrive", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound,
            (await http.PostAsync($"/dead-letters/nobody/{ServiceStub.Parked}/redrive", null)).StatusCode);
    }

    [Fact]
    public async Task They_are_nobody_elses_business()
    {
        using HttpClient customer = gateway.As("alice"), stranger = gateway.Anonymous();
        Assert.Equal(HttpStatusCode.Forbidden, (await customer.GetAsync("/dead-letters")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await customer.PostAsync($"/dead-letters/stocks/{ServiceStub.Parked}/redrive", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/dead-letters")).StatusCode);
    }
}
