using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.ServiceTests.Payments;
using CarShare.ServiceTests.Stocks;

namespace CarShare.ServiceTests.Requests;

/// <summary>Keys of deposits: the mechanism is the same for every POST that changes something.</summary>
public sealed class DepositKeyTests(PaymentsFixture payments) : IClassFixture<PaymentsFixture>
{
    [Fact]
    public async Task A_customers_key_and_an_operators_never_meet()
    {
        var alice = PaymentsFixture.NewCustomer();
        using var asAlice = payments.As(alice);
        using var asOperator = payments.Operator();
        Assert.Equal(
            HttpStatusCode.Created, (await PaymentsFixture.PostDeposit(asAlice, new { amount = 700 }, "1")).StatusCode);
        Assert.Equal(HttpStatusCode.Created,
            (await PaymentsFixture.PostDeposit(asOperator, new { amount = 700, customerId = alice }, "1")).StatusCode);
        Assert.Equal(new(alice, 1_400, 0), await payments.Deposit(alice));

        // One operator, one key, another customer: another request.
        using var reused = await PaymentsFixture.PostDeposit(
            asOperator, new { amount = 700, customerId = PaymentsFixture.NewCustomer() }, "1");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reused.StatusCode);
    }

    [Fact]
    public async Task The_same_request_written_another_way_is_the_same_request()
    {
        var alice = PaymentsFixture.NewCustomer();
        using var http = payments.As(alice);
        foreach (var body in new[] { """{"amount":250}""", """ { "amount" : 2.5e2 } """, """{"amount":250.0}""" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/deposits")
            {
                Content = new StringContent(
                body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"))
            };
            request.Headers.Add("Idempotency-Key", "forms");
            using var answer = await http.SendAsync(request);
            Assert.Equal(
                """{"customerId":"ALICE","balance":250,"owed":0}""".Replace("ALICE", alice, StringComparison.Ordinal),
                await answer.Content.ReadAsStringAsync());
        }

        Assert.Equal(new(alice, 250, 0), await payments.Deposit(alice));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("long")]
    [InlineData("no text")]
    public async Task An_operator_whose_token_names_nobody_in_particular_credits_once_under_a_key(string subject)
    {
        var alice = PaymentsFixture.NewCustomer();
        using var http = payments.Anonymous();
        http.DefaultRequestHeaders.Authorization = new("Bearer", payments.Identity.Mint(new()
        {
            Roles = ["operator"],
            Change = claims =>
            {
                if (subject == "none") claims.Remove("sub");
                else claims["sub"] = subject == "long" ? new string('o', 3_000) : "oper\0ator";
            },
        }));
        var bodies = new HashSet<string>();
        for (var i = 0; i < 2; i++)
        {
            using var answer = await PaymentsFixture.PostDeposit(http, new { amount = 40, customerId = alice }, alice);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            bodies.Add(await answer.Content.ReadAsStringAsync());
        }

        Assert.Single(bodies);
        Assert.Equal(new(alice, 40, 0), await payments.Deposit(alice));
    }

    [Fact]
    public async Task Location_leads_whoever_topped_up_to_the_deposit_they_topped_up()
    {
        var name = $"two words & more {Guid.NewGuid():N}";
        using var asOperator = payments.Operator();
        using var made = await PaymentsFixture.PostDeposit(
            asOperator, new { amount = 10, customerId = name }, $"{Guid.NewGuid()}");
        Assert.Equal(
            new(name, 10, 0), await asOperator.GetFromJsonAsync<DepositDto>(made.Headers.Location, ApiJson.Options));

        using var asAlice = payments.As(name);
        using var own = await PaymentsFixture.PostDeposit(asAlice, new { amount = 5 }, $"{Guid.NewGuid()}");
        Assert.Equal(
            new(name, 15, 0), await asAlice.GetFromJsonAsync<DepositDto>(own.Headers.Location, ApiJson.Options));
    }
}

public sealed class ProductKeyTests(StocksFixture stocks) : IClassFixture<StocksFixture>
{
    [Fact]
    public async Task A_product_registered_twice_at_once_under_one_key_is_one_product_with_one_tag()
    {
        using var http = stocks.Operator();
        var body = new
        {
            modelName = "Kona",
            hourlyRate = 9_000,
            location = "Suwon",
            plates = new[] { NewPlate(), NewPlate() },
        };
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Post(http, "/stocks", body, "kona")));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.NotNull(
            Assert.Single(answers.Select(answer => $"{answer.Headers.Location} {answer.Headers.ETag}").Distinct()));
        Assert.Single(await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()))
            .ContinueWith(all => all.Result.Distinct(), TaskScheduler.Default));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(answers[0].Headers.Location)).StatusCode);
    }

    [Fact]
    public async Task A_refusal_is_an_answer_too_and_leaves_nothing_but_itself()
    {
        using var http = stocks.Operator();
        var taken = NewPlate();
        (await Post(http, "/stocks", new
        {
            modelName = "First",
            hourlyRate = 1,
            location = "Jeju",
            plates = new[] { taken },
        }, null)).EnsureSuccessStatusCode();
        var body = new
        {
            modelName = $"Second {taken}",
            hourlyRate = 1,
            location = "Jeju",
            plates = new[] { NewPlate(), taken },
        };
        var first = await Post(http, "/stocks", body, "second");
        var again = await Post(http, "/stocks", body, "second");
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (first.StatusCode, again.StatusCode));
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        var products = await stocks.Query(db => Task.FromResult(db.Products.Count(p => p.ModelName == body.modelName)));
        Assert.Equal(0, products);
    }

    [Fact]
    public async Task A_product_said_in_another_order_or_with_its_usual_state_is_the_same_product()
    {
        using var http = stocks.Operator();
        var plate = NewPlate();
        string[] bodies =
        [
            $$"""{"modelName":"Niro","hourlyRate":7000,"location":"Ulsan","plates":["{{plate}}"]}""",
            $$"""{"plates":["{{plate}}"],"location":" Ulsan","hourlyRate":7e3,"modelName":"Niro"}""",
            $$"""
            {"state":"Available","modelName":"Niro","hourlyRate":7000,"location":"Ulsan","plates":["{{plate}}"]}
            """,
        ];
        var answers = new List<string>();
        foreach (var body in bodies) answers.Add(await Text(http, HttpMethod.Post, "/stocks", "niro", body));
        Assert.StartsWith("201 ", Assert.Single(answers.Distinct()), StringComparison.Ordinal);
        Assert.StartsWith("422 ", await Text(http, HttpMethod.Post, "/stocks", "niro",
            bodies[0].Replace("7000", "7001", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_repeated_under_its_key_gets_its_first_answer_though_it_names_an_older_edition()
    {
        using var http = stocks.Operator();
        var product = await stocks.Product(cars: 1);
        var (path, car) = ($"/stocks/{product.ProductId}", (await stocks.TheCar(product.ProductId)).VehicleId);
        foreach (var (method, at, body, other) in new[]
        {
            (HttpMethod.Patch, path, """{"hourlyRate":9500}""", """{"hourlyRate":9501}"""),
            (HttpMethod.Patch, path, """{"modelName":"Ioniq 6"}""", """{"modelName":"Ioniq 7"}"""),
            (HttpMethod.Patch, $"{path}/vehicles/{car}", """{"location":"Sokcho"}""", """{"location":"Taebaek"}"""),
            (HttpMethod.Delete, $"{path}/vehicles/{car}", null, null),
            (HttpMethod.Delete, path, null, null),
        })
        {
            var (key, seen) = ($"{Guid.NewGuid()}", (await http.GetAsync(at)).Headers.ETag!.ToString());
            var first = await Text(http, method, at, key, body, seen);
            Assert.StartsWith("20", first, StringComparison.Ordinal);
            Assert.Equal(first, await Text(http, method, at, key, body, seen));
            Assert.StartsWith(
                "412 ", await Text(http, method, at, $"{Guid.NewGuid()}", body, seen), StringComparison.Ordinal);
            if (other is not null)
                Assert.StartsWith("422 ", await Text(http, method, at, key, other, seen), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_key_is_for_one_operation_only()
    {
        using var http = stocks.Operator();
        using var made = await Post(http, "/stocks",
            new { modelName = "Ray", hourlyRate = 1, location = "Jeju", plates = Array.Empty<string>() }, "ray");
        var product = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("productId").GetString();
        using var cars = await Post(
            http, $"/stocks/{product}/vehicles", new { plates = new[] { NewPlate() }, location = "Jeju" }, "ray");
        Assert.Equal(HttpStatusCode.Created, cars.StatusCode);
    }

    [Fact]
    public async Task An_operation_is_the_same_however_its_path_is_spelt()
    {
        using var http = stocks.Operator();
        var body = new { modelName = "Casper", hourlyRate = 1, location = "Jeju", plates = Array.Empty<string>() };
        var made = new List<string>();
        foreach (var path in new[] { "/stocks", "/stocks/", "/STOCKS", "/Stocks/" })
            using (var answer = await Post(http, path, body, "casper"))
                made.Add(await answer.Content.ReadAsStringAsync());
        var product = JsonDocument.Parse(Assert.Single(made.Distinct())).RootElement
            .GetProperty("productId").GetString()!;

        var cars = new List<string>();
        foreach (var id in new[] { product, product.ToUpperInvariant() })
            using (var answer = await Post(
                http, $"/stocks/{id}/vehicles", new { plates = new[] { $"C-{product[..13]}" }, location = "Jeju" },
                "cars"))
                cars.Add(await answer.Content.ReadAsStringAsync());
        Assert.Single(cars.Distinct());
    }

    static string NewPlate() => $"{Random.Shared.Next(100, 1000)}K{Random.Shared.Next(1_000_000):D6}";

    /// <summary>Status, tag and body of the answer.</summary>
    static async Task<string> Text(
        HttpClient http, HttpMethod method, string path, string key, string? body, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(
                body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        request.Headers.Add("Idempotency-Key", key);
        if (ifMatch is not null) request.Headers.Add("If-Match", ifMatch);
        using var answer = await http.SendAsync(request);
        return $"{(int)answer.StatusCode} {answer.Headers.ETag} {await answer.Content.ReadAsStringAsync()}";
    }

    static Task<HttpResponseMessage> Post(HttpClient http, string path, object body, string? key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return http.SendAsync(request);
    }
}
