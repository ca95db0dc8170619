using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace CarShare.ServiceTests.Gateway;

/// <summary>More than one page of what the services have parked.</summary>
public sealed class DeadLetterPagesTests : IClassFixture<OpenGateway>
{
    static readonly DateTimeOffset Start = new(2026, 11, 30, 9, 0, 0, TimeSpan.Zero);

    readonly OpenGateway _gateway;

    public DeadLetterPagesTests(OpenGateway gateway)
    {
        _gateway = gateway;
        gateway.Stub.Away = null;
        var random = new Random(19);
        // One has none, one has more than a page of the largest size, and some were parked in the same moment.
        foreach (var (service, letters) in gateway.Stub.Letters)
        {
            var count = service switch { "deliveries" => 0, "payments" => 130, _ => 9 };
            letters.Clear();
            letters.AddRange(Enumerable.Range(0, count).Select(_ => (Id: Guid.NewGuid(), At: Start.AddMilliseconds(
                random.Next(40) * 250))).OrderByDescending(letter => letter.At).ThenByDescending(letter => letter.Id));
        }
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("", 7)]
    [InlineData("", 100)]
    [InlineData("service=payments&", 30)]
    [InlineData("service=orders&", 9)]
    [InlineData("service=deliveries&", 5)]
    public async Task Every_letter_is_on_one_page_newest_first_and_next_is_null_on_the_last(string of, int limit)
    {
        var seen = await All(of, limit);
        var parked = _gateway.Stub.Letters.Where(service => of.Length == 0 || of == $"service={service.Key}&")
            .SelectMany(service => service.Value).ToList();
        Assert.Equal(parked.Select(letter => letter.Id).Order(), seen.Select(letter => letter.Id).Order());
        Assert.Equal(seen.Select(letter => letter.At).OrderDescending(), seen.Select(letter => letter.At));
    }

    [Fact]
    public async Task What_a_service_could_not_tell_on_one_page_is_on_a_later_one()
    {
        _gateway.Stub.Away = "stocks";
        var (first, next) = await Page("limit=5");
        _gateway.Stub.Away = null;
        var seen = first.Concat(await All("", 50, next)).ToList();
        Assert.Equal(_gateway.Stub.Letters.Values.Sum(letters => letters.Count), seen.Count);
    }

    [Fact]
    public async Task A_page_begins_where_its_own_list_ended()
    {
        var (_, all) = await Page("limit=5");
        var (_, one) = await Page("service=payments&limit=5");
        foreach (var query in new[] { $"service=payments&after={all}", $"after={one}", $"after={all}x" })
        {
            using var http = _gateway.As("operator");
            using var answer = await http.GetAsync($"/dead-letters?{query}");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    async Task<List<(Guid Id, DateTimeOffset At)>> All(string of, int limit, string? after = null)
    {
        List<(Guid, DateTimeOffset)> seen = [];
        var next = after;
        do
        {
            (var items, next) = await Page($"{of}limit={limit}{(next is null ? "" : $"&after={next}")}");
            Assert.True(next is null || items.Count == limit);
            seen.AddRange(items);
        }
        while (next is not null);
        return seen;
    }

    async Task<(List<(Guid Id, DateTimeOffset At)> Items, string? Next)> Page(string query)
    {
        using var http = _gateway.As("operator");
        var page = await http.GetFromJsonAsync<JsonElement>($"/dead-letters?{query}");
        return ([.. page.GetProperty("items").EnumerateArray().Select(letter => (letter.GetProperty("id").GetGuid(),
            letter.GetProperty("parkedAt").GetDateTimeOffset()))], page.GetProperty("next").GetString());
    }
}
