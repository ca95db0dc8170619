using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace CarShare.ServiceTests.Requests;

public sealed class RequestRulesTests(SmallService service) : IClassFixture<SmallService>
{
    const string Some = "01890a5d-ac96-774b-bcce-b302099a8057";

    [Theory]
    [InlineData("/stocks?colour=red", "colour")]
    [InlineData("/stocks?State=Available", "State")]
    [InlineData("/stocks?limit=5&page=2", "page")]
    [InlineData($"/stocks/{Some}?verbose", "verbose")]
    [InlineData("/alive?debug=1", "debug")]
    public Task A_query_parameter_nobody_knows_is_refused_by_its_name(string path, string name) => Refuses(path, name);

    [Theory]
    [InlineData("/stocks?state=available", "state")]
    [InlineData("/stocks?state=1", "state")]
    [InlineData("/stocks?state=%2B0", "state")]
    [InlineData("/stocks?state=Available,Defective", "state")]
    [InlineData("/stocks?state=+Available", "state")]
    [InlineData("/stocks?state=Available&state=Available", "state")]
    [InlineData("/stocks?state=", "state")]
    [InlineData("/stocks?limit=2.5", "limit")]
    [InlineData("/stocks?limit=+2", "limit")]
    [InlineData("/stocks?limit=1e99999", "limit")]
    [InlineData("/stocks?limit=99999999999", "limit")]
    [InlineData("/stocks?maxHourlyRate=10.0000000000000000000000000000001", "maxHourlyRate")]
    [InlineData("/stocks?from=yesterday", "from")]
    [InlineData("/stocks?from=2026-13-01T00:00:00Z", "from")]
    [InlineData("/stocks?location=%01", "location")]
    [InlineData($"/stocks/%7B{Some}%7D", "productId")]
    [InlineData($"/stocks/({Some})", "productId")]
    [InlineData($"/stocks/%20{Some}", "productId")]
    [InlineData("/stocks/01890a5dac96774bbcceb302099a8057", "productId")]
    [InlineData("/stocks/%2B1890a5d-ac96-774b-bcce-b302099a8057", "productId")]
    [InlineData("/stocks/0x890a5d-ac96-774b-bcce-b302099a8057", "productId")]
    [InlineData("/stocks/01890a5d-0xac-774b-bcce-b302099a8057", "productId")]
    [InlineData("/stocks/01890a5d-ac96-+74b-bcce-b302099a8057", "productId")]
    [InlineData("/stocks/01890a5d-ac96-774b-bcce-0XB302099a80", "productId")]
    [InlineData("/stocks/01890a5d-ac96-774b-bcce-+b302099a805", "productId")]
    [InlineData("/stocks?from=2026-01-31T09:30:00.Z", "from")]
    [InlineData("/stocks?from=2026-01-31T09:30:00.%2B09:00", "from")]
    [InlineData("/stocks?from=2026-01-31T09:30:00%2B9:00", "from")]
    [InlineData("/stocks?from=2026-01-31T09:30:00-0900", "from")]
    [InlineData("/stocks?from=2026-01-31T09:30:00Z%0A", "from")]
    [InlineData("/stocks?from=2026-01-31T09:30:00.12345678Z", "from")]
    public Task A_value_that_is_not_written_exactly_is_refused_by_its_name(string path, string name) =>
        Refuses(path, name);

    [Theory]
    [InlineData("limit=7.0", "\"take\":7")]
    [InlineData("limit=7e0", "\"take\":7")]
    [InlineData("limit=70.0e-1", "\"take\":7")]
    [InlineData("maxHourlyRate=-0", "\"maxHourlyRate\":0")]
    [InlineData("maxHourlyRate=12E3", "\"maxHourlyRate\":12000")]
    [InlineData("from=2026-01-31T09:30:00%2B09:00", "\"from\":\"2026-01-31T09:30:00")]
    [InlineData("location=%EF%BC%A1%E3%80%80%E2%80%8B1%C2%A0", "\"location\":\"A 1\"")]
    public async Task A_value_has_one_form_however_it_is_written(string query, string expected)
    {
        using var answer = await service.Http.GetAsync($"/stocks?{query}");
        Assert.Contains(expected, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2fb%2F", "a/b/")]
    [InlineData("%2F%2e%2e%2F", "/../")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("%25252F%2F", "%252F/")]
    [InlineData("100%25%20%EC%84%9C%EC%9A%B8", "100% 서울")]
    [InlineData("%EF%BC%A1lice", "Alice")]
    public async Task A_text_in_the_path_is_read_as_it_was_meant(string segment, string meant)
    {
        using var answer = await service.Http.GetAsync($"/names/{segment}?limit=1");
        Assert.Equal(meant, await answer.Content.ReadFromJsonAsync<string>());
    }

    [Theory]
    [InlineData("""{"name":"a","count":1}""", "amount is required")]
    [InlineData("""{"count":1,"amount":1,"name":null}""", "name must not be null")]
    [InlineData("""{"name":"a","Count":1,"amount":1}""", "Count is not a known field; count is required")]
    [InlineData("""{"name":"a","count":1,"amount":1,"amount":2}""", "amount is given twice")]
    [InlineData("""{"name":"a","count":"1","amount":1}""", "count must be a number")]
    [InlineData("""{"name":"a","count":1.5,"amount":1}""", "count must be a whole number")]
    [InlineData("""{"name":"a","count":3000000000,"amount":1}""", "count is too large")]
    [InlineData("""{"name":"a","count":1,"amount":0.001}""", "amount must be a whole number")]
    [InlineData("""{"name":"a","count":1,"amount":1.00000000000000000000000000000000000000001}""",
        "amount must be a whole number")]
    [InlineData("""{"name":"a","count":1,"amount":1e-400}""", "amount must be a whole number")]
    [InlineData("""{"name":"a","count":1,"amount":1e30}""", "amount is too large")]
    [InlineData("""{"name":"a","count":1,"amount":true}""", "amount must be a number")]
    [InlineData("""{"name":"a","count":1,"amount":1,"state":"Retired, InUse"}""", "state must be one of")]
    [InlineData("""{"name":"a","count":1,"amount":1,"state":"2"}""", "state must be one of")]
    [InlineData("""{"name":"a","count":1,"amount":1,"state":0}""", "state must be text")]
    [InlineData(
        """{"name":"a","count":1,"amount":1,"id":"{01890a5d-ac96-774b-bcce-b302099a8057}"}""", "id must be an id")]
    [InlineData(
        """{"name":"a","count":1,"amount":1,"id":"+1890a5d-ac96-774b-bcce-b302099a8057"}""", "id must be an id")]
    [InlineData(
        """{"name":"a","count":1,"amount":1,"id":"01890a5d-ac96-774b-0xce-b302099a8057"}""", "id must be an id")]
    [InlineData("""{"name":"a","count":1,"amount":1,"part":{"label":"x","at":"2026-01-31T09:30:00.Z"}}""",
        "part.at must be a time")]
    [InlineData("""{"name":"a","count":1,"amount":1,"part":{"label":"x","at":"2026-01-31T09:30:00+0900"}}""",
        "part.at must be a time")]
    [InlineData("""{"name":"a","count":1,"amount":1,"tags":["x",null]}""", "tags[1] must not be null")]
    [InlineData("""{"name":"a","count":1,"amount":1,"tags":"x"}""", "tags must be a list")]
    [InlineData("""{"name":"a","count":1,"amount":1,"part":{"label":"x","at":"now","more":1}}""",
        "part.at must be a time; part.more is not a known field")]
    [InlineData("""{"name":"a\u0007","count":1,"amount":1}""", "name must be text")]
    [InlineData("""{"name":"\ud800","count":1,"amount":1}""", "name must be text")]
    [InlineData("""{"\udc00":1,"name":"a","count":1,"amount":1}""", "body has a member whose name is no text")]
    [InlineData("""{"name":"\u0000","count":1,"amount":1}""", "name must be text")]
    [InlineData("""{"name":"a","count":1,"amount":1,"tags":["\udfff\ud800"]}""", "tags[0] must be text")]
    [InlineData("""{"name":"a","count":-0.5,"amount":1}""", "count must be a whole number")]
    [InlineData("""{"name":"a","count":1e-1,"amount":1}""", "count must be a whole number")]
    [InlineData("""{"name":"a","count":1,"amount":79228162514264337593543950336}""", "amount is too large")]
    [InlineData("""{"name":"a","count":1,"amount":1,"part":{"label":"x","at":"2026-02-30T00:00:00Z"}}""",
        "part.at must be a time")]
    [InlineData("""{"name":"a","count":1,"amount":1,"part":{"label":"x","at":"2026-01-31T24:00:00Z"}}""",
        "part.at must be a time")]
    [InlineData("""{"name":"a","count":1,"amount":1,"part":{"label":"x","at":"2026-01-31T23:59:60Z"}}""",
        "part.at must be a time")]
    [InlineData("""{"name":"a","count":1,"amount":1,"part":{"label":"x","at":"2026-01-31T09:30:00+15:00"}}""",
        "part.at must be a time")]
    [InlineData(
        """{"name":"a","count":1,"amount":1,"part":{"label":"x","at":"2026-01-31"}}""", "part.at must be a time")]
    [InlineData("""{"name":"a","count":1,"amount":1,"part":{"label":"x","label":"y","at":"2026-01-31T09:30:00Z"}}""",
        "part.label is given twice")]
    [InlineData(
        """{"name":"a","count":1,"amount":1,"tags":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}""", "body is not JSON")]
    [InlineData("""{"name":"a","count":NaN,"amount":1}""", "body is not JSON")]
    [InlineData("""{"name":"a","count":01,"amount":1}""", "body is not JSON")]
    [InlineData("""{"name":"a","count":1,"amount":1} {}""", "body is not JSON")]
    [InlineData("""{"name":"a","count":1,"amount":1/*c*/}""", "body is not JSON")]
    [InlineData("""[1]""", "body must be a JSON object")]
    [InlineData("""{"name":"a",}""", "body is not JSON")]
    [InlineData("", "body is missing")]
    public async Task Every_field_of_a_body_that_is_wrong_is_named(string body, string expected)
    {
        var found = await Errors(
            await service.Http.PostAsync("/things", new StringContent(body, Encoding.UTF8, "application/json")),
            HttpStatusCode.BadRequest);
        Assert.All(expected.Split("; "), one => Assert.Contains(one, found, StringComparison.Ordinal));
        Assert.Equal(expected.Split("; ").Length, found.Split("; ").Length);
    }

    [Fact]
    public async Task Numbers_and_text_are_taken_in_every_form_and_answered_in_one()
    {
        const string body =
            """
            {"name":" \uFF2Bia\u3000\u202EEV\u200B6\u2060 \u1112\u1161\u11ab ","count":3.0,"amount":1.5e3,
            "tags":["\u00A0"],"part":{"label":"e\u0301","at":"2026-01-31T09:30:00.1234567Z"}}
            """;
        using var answer = await service.Http.PostAsync(
            "/things", new StringContent(body, Encoding.UTF8, "application/json"));
        using var thing = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var read = thing.RootElement.GetProperty("thing");
        Assert.Equal("Kia EV6 한", read.GetProperty("name").GetString());
        Assert.Equal("3 1500", $"{read.GetProperty("count")} {read.GetProperty("amount")}");
        Assert.Equal("", read.GetProperty("tags")[0].GetString());
        Assert.Equal("é", read.GetProperty("part").GetProperty("label").GetString());
    }

    [Theory]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=klingon")]
    [InlineData("application/json; charset=\"iso-8859-1\"")]
    [InlineData("application/json; charset=utf-8; charset=utf-16")]
    [InlineData("application/json; charset=")]
    [InlineData("application/json, text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=a")]
    [InlineData("text/plain")]
    [InlineData("application")]
    [InlineData(null)]
    public async Task A_content_type_that_is_not_read_is_415_and_named(string? type)
    {
        var content = new ByteArrayContent("{}"u8.ToArray());
        if (type is not null) content.Headers.TryAddWithoutValidation("Content-Type", type);
        Assert.StartsWith("Content-Type", await Errors(await service.Http.PostAsync("/things", content),
            HttpStatusCode.UnsupportedMediaType), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_body_is_415_and_told_what_to_send()
    {
        var content = new ByteArrayContent(
            [0x1f, 0x8b])
        { Headers = { ContentType = new("application/json"), ContentEncoding = { "gzip" } } };
        using var answer = await service.Http.PostAsync("/things", content);
        Assert.Equal("identity", answer.Headers.NonValidated["Accept-Encoding"].ToString());
        Assert.Equal("Content-Encoding is not supported: send the body as it is", await Errors(
            answer, HttpStatusCode.UnsupportedMediaType));
    }

    [Theory]
    [InlineData("Idempotency-Key: a\r\nIdempotency-Key: b\r\n", "Idempotency-Key")]
    [InlineData("Idempotency-Key: \r\n", "Idempotency-Key")]
    [InlineData("Idempotency-Key: caf\u00e9\r\n", "Idempotency-Key")]
    [InlineData("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", "Authorization")]
    [InlineData("If-Match: \"a\"\r\n", "If-Match")]
    [InlineData("If-None-Match: *\r\n", "If-None-Match")]
    [InlineData("If-Match: beef\r\n", "If-Match")]
    [InlineData("If-Match: \"a\", b\r\n", "If-Match")]
    [InlineData("If-Unmodified-Since: Sat, 01 Jan 2022 00:00:00 GMT\r\n", "If-Unmodified-Since")]
    [InlineData("If-Modified-Since: Sat, 01 Jan 2022 00:00:00 GMT\r\n", "If-Modified-Since")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n", "body")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n", "body")]
    public async Task What_is_said_in_a_header_is_heard_or_refused(string headers, string name)
    {
        var answer = await service.Raw(
            $"POST /things HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Type: "
            + $"application/json\r\n{headers}\r\n");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains($"\"{name}\":", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_ascii_in_a_header_nobody_reads_do_no_harm()
    {
        var answer = await service.Raw(
            "GET /stocks HTTP/1.1\r\nHost: here\r\nConnection: close\r\nUser-Agent: caf\u00e9 \u00ff\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_condition_is_kept_where_there_are_versions()
    {
        using var read = await service.Http.GetAsync($"/stocks/{Some}");
        Assert.Equal("\"beef\"", read.Headers.ETag?.Tag);
        Assert.Equal(HttpStatusCode.OK, await Patch("\"beef\""));
        Assert.Equal(HttpStatusCode.OK, await Patch(null));
        Assert.Equal(HttpStatusCode.PreconditionFailed, await Patch("\"dead\""));

        async Task<HttpStatusCode> Patch(string? condition)
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Patch, $"/things/{Some}")
            {
                Content = new StringContent(
                    """{"label":"a","at":"2026-01-31T09:30:00Z"}""", new MediaTypeHeaderValue("application/json"))
            };
            if (condition is not null) request.Headers.TryAddWithoutValidation("If-Match", condition);
            using var answer = await service.Http.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task A_body_where_none_is_read_is_refused()
    {
        Assert.Equal(HttpStatusCode.OK, (await service.Http.PostAsync($"/things/{Some}/poke", null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK,
            (await service.Http.PostAsync($"/things/{Some}/poke", new StringContent("{}"))).StatusCode);
        Assert.Equal("body is not expected here", await Errors(
            await service.Http.PostAsync($"/things/{Some}/poke", new StringContent("""{"reason":"x"}""")),
            HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task Head_answers_as_get_does_and_allow_names_what_works()
    {
        using var get = await service.Http.GetAsync("/stocks?limit=3");
        using var head = await service.Http.SendAsync(new(HttpMethod.Head, "/stocks?limit=3"));
        Assert.Equal(get.StatusCode, head.StatusCode);
        Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());

        using var refused = await service.Http.PostAsync("/stocks", null);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, refused.StatusCode);
        Assert.Equal(["GET", "HEAD"], refused.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task A_cursor_belongs_to_its_list()
    {
        var next = await Next("/stocks?location=Busan");
        Assert.Equal(HttpStatusCode.OK,
            (await service.Http.GetAsync($"/stocks?location=Busan&limit=50&after={next}")).StatusCode);
        await Refuses($"/stocks?after={next}", "after");
        await Refuses($"/stocks?location=Seoul&after={next}", "after");
        await Refuses($"/stocks?location=Busan&after={next[..^1]}{(next[^1] == '0' ? '1' : '0')}", "after");
        await Refuses($"/stocks?location=Busan&after={next}0", "after");
        await Refuses($"/stocks?after={Some}", "after");
        await Refuses("/stocks?after=", "after");

        async Task<string> Next(string path) =>
            JsonDocument.Parse(await service.Http.GetStringAsync(path)).RootElement.GetProperty("next").GetString()!;
    }

    [Theory]
    [InlineData("image/png")]
    [InlineData("text/html")]
    [InlineData("application/json;q=0, */*;q=0")]
    [InlineData("nonsense")]
    public async Task Whatever_is_accepted_an_error_is_a_problem_document(string accept)
    {
        foreach (var (path, status) in new[] { ("/stocks?x=1", 400), ("/nowhere", 404) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Accept", accept);
            using var answer = await service.Http.SendAsync(request);
            Assert.Equal((path, status, "application/problem+json"), (
                path, (int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        }
    }

    [Fact]
    public async Task What_a_caller_writes_is_cut_in_answers_and_never_in_the_log()
    {
        var loud = "loud\u001b[31m\u202e" + new string('x', 200_000);
        using var query = await service.Http.GetAsync($"/stocks?{Uri.EscapeDataString(loud[..4_000])}=1");
        using var body = await service.Http.PostAsync("/things", new StringContent(
            JsonSerializer.Serialize(new Dictionary<string, int> { [loud] = 1 }),
            new MediaTypeHeaderValue("application/json")));
        foreach (var answer in new[] { query, body })
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.InRange(text.Length, 1, 1_000);
            Assert.Contains("loud?[31m?xxx", text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("loud", service.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", service.Log, StringComparison.Ordinal);
    }

    async Task Refuses(string path, string name)
    {
        var errors = await Errors(await service.Http.GetAsync(path), HttpStatusCode.BadRequest);
        Assert.StartsWith($"{name} ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(';', errors);
    }

    /// <summary>As "field message; field message".</summary>
    internal static async Task<string> Errors(HttpResponseMessage answer, HttpStatusCode expected)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(text);
        return string.Join("; ", problem.RootElement.GetProperty("errors").EnumerateObject()
            .SelectMany(field => field.Value.EnumerateArray().Select(message => $"{field.Name} {message}")));
    }
}
