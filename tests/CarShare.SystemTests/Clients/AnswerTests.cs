using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Aspire.Hosting.Testing;
using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.SystemTests.Clients;

/// <summary>What the gateway answers is what its document says: in a whole rental, and to whatever is wrong.</summary>
[Collection(nameof(ManualSystem))]
public sealed class AnswerTests(ManualSystem system)
{
    // needs payments that are away, a dead letter, or somebody who listens for ever
    static readonly string[] SeenElsewhere =
        ["POST /orders/{id}/payment", "POST /dead-letters/{service}/{id}/redrive", "GET /customerpages/stream"];

    [Fact]
    public async Task Every_operation_answers_as_described_in_a_whole_rental()
    {
        var documented = await Documented.At(system.Gateway());
        var staff = new Operator(Client(documented, "operator"));
        var name = $"customer-{Guid.NewGuid():N}";
        var alice = new Customer(Client(documented, name), name);

        var product = await staff.Registers(cars: 2);
        var fleet = $"/stocks/{product.ProductId}";
        await Sends(staff.Http, HttpMethod.Post, $"{fleet}/vehicles", HttpStatusCode.Created,
            new { plates = new[] { $"{product.ModelName[6..]}-more" }, location = "Busan depot" });
        await Sends(staff.Http, HttpMethod.Patch, fleet, HttpStatusCode.OK, new { hourlyRate = 2_000 });
        await alice.TopUp(100_000);

        var first = await alice.Rents(product.ProductId);
        await staff.Moves(first.OrderId, "dispatch");
        await staff.Moves(first.OrderId, "complete");
        await alice.SeesOrder(first.OrderId, OrderStatus.InUse);
        await Reads(alice, staff, first, $"{fleet}/vehicles/{first.Vehicles[0].VehicleId}");
        await Sends(alice.Http, HttpMethod.Post, $"/orders/{first.OrderId}/return", HttpStatusCode.OK,
            new { location = "Seoul depot" });

        var second = await alice.Rents(product.ProductId);
        await staff.Moves(second.OrderId, "dispatch");
        await alice.SeesOrder(second.OrderId, OrderStatus.Dispatched);
        await alice.Cancels(second.OrderId);
        await alice.SeesOnPage(second.OrderId, "the refund", page => page.PaymentStatus == PaymentStatus.Refunded);
        await staff.Moves(second.OrderId, "retrieved");
        await Reads(alice, staff, second, fleet);
        var third = await alice.Rents(product.ProductId);
        await Sends(alice.Http, HttpMethod.Delete, $"/payments/{third.OrderId}", HttpStatusCode.OK);

        var spare = (await staff.Vehicles(product.ProductId)).First(car => car.State == VehicleState.Available);
        await staff.MarksDefective(product.ProductId, spare.VehicleId);
        await Sends(staff.Http, HttpMethod.Delete, $"{fleet}/vehicles/{spare.VehicleId}", HttpStatusCode.NoContent);
        await Sends(staff.Http, HttpMethod.Delete, fleet, HttpStatusCode.NoContent);

        Assert.Empty(documented.Wrong);
        Assert.Equal(
            documented.Operations.Select(operation => operation.Name).Except(SeenElsewhere).Order(),
            documented.Answered.Where(answer => answer.Status < 300).Select(answer => answer.Operation).Distinct()
                .Order());
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_request_the_answer_is_as_described()
    {
        var documented = await Documented.At(system.Gateway());
        using var nobody = documented.Client(system.App.GetEndpoint("gateway", "http"), null);
        HttpClient[] everybody = [nobody, Client(documented, $"customer-{Guid.NewGuid():N}"),
            Client(documented, "operator")];

        foreach (var (_, method, route, operation) in documented.Operations.ToList())
        {
            var path = Filled(route, parameter => parameter == "service" ? "orders" : $"{Guid.NewGuid()}");
            // whoever may listen listens for ever
            var askers = route.EndsWith("/stream", StringComparison.Ordinal) ? [nobody] : everybody;
            foreach (var http in askers)
            {
                await Asks(http, method, path);
                await Asks(http, method, $"{path}?nobodyKnows=1");
                await Asks(http, method, Filled(route, _ => "not-one"));
                if (operation.RequestBody is null) continue;
                await Asks(http, method, path, "hours=2", "text/plain");
                foreach (var body in (string[])["", "{", "[]", "null", "{}", "{\"nobodyKnows\":1}"])
                    await Asks(http, method, path, body);
            }
        }

        var poor = new Customer(Client(documented, $"customer-{Guid.NewGuid():N}"), "poor");
        await Refused(await poor.TopUp(1_000), new Operator(everybody[2]));

        Assert.Empty(documented.Wrong);
        Assert.All(documented.Operations, operation =>
        {
            if (operation.Operation.ActualSecurity?.Count > 0)
                Assert.Contains((operation.Name, 401), documented.Answered);
            if (operation.Operation.RequestBody is null) return;
            Assert.Contains((operation.Name, 400), documented.Answered);
            Assert.Contains((operation.Name, 415), documented.Answered);
        });
        foreach (var status in (int[])[402, 403, 404, 409, 412, 422])
            Assert.Contains(documented.Answered, answer => answer.Status == status);
    }

    [Theory]
    [InlineData(200, "application/json", """{ "customerId": "alice", "balance": 1, "owed": 0 }""", "")]
    [InlineData(200, "application/json", """{ "customerId": "alice", "balance": 1 }""", "owed")]
    [InlineData(200, "application/json", """{ "customerId": 7, "balance": 1, "owed": 0 }""", "customerId")]
    [InlineData(200, "application/json", """{ "customerId": "alice", "balance": 1, "owed": 0, "new": 1 }""", "new")]
    [InlineData(200, "text/plain", "1", "text/plain not described")]
    [InlineData(200, "application/json", "", "no body")]
    [InlineData(418, "application/json", "{}", "not described")]
    [InlineData(404, "application/problem+json",
        """{ "type": "urn:carshare:problem:gone", "title": 7, "status": 404, "detail": "d", "traceId": "i", "x": 1 }""",
        "title")]
    public async Task What_is_not_as_described_is_found(int status, string media, string body, string named)
    {
        var deposit = (await Documented.At(system.Gateway())).Operations
            .Single(operation => operation.Name == "GET /deposits").Operation;

        var faults = Documented.Faults(deposit, status, media, body).ToList();

        if (named.Length == 0) Assert.Empty(faults);
        else Assert.Contains(named, Assert.Single(faults), StringComparison.Ordinal);
    }

    /// <summary>What is right in form and cannot be done.</summary>
    static async Task Refused(Customer poor, Operator staff)
    {
        var product = await Eventually.Gets("a car", () => staff.TriesToRegister(cars: 1));
        using var declined = await poor.Order(product.ProductId, hours: 2);
        Assert.Equal(HttpStatusCode.PaymentRequired, declined.StatusCode);
        await poor.TopUp(10_000);
        var key = $"{Guid.NewGuid()}";
        await Eventually.Holds("the car is free again", async () =>
        {
            using var rented = await poor.Order(product.ProductId, key: key);
            return rented.StatusCode == HttpStatusCode.Created;
        });
        using var another = await poor.Order(product.ProductId, hours: 3, key: key);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, another.StatusCode);
        using var none = await poor.Order(product.ProductId);
        Assert.Equal(HttpStatusCode.Conflict, none.StatusCode);
        using var stale = new HttpRequestMessage(HttpMethod.Delete, $"/stocks/{product.ProductId}");
        stale.Headers.TryAddWithoutValidation("If-Match", "\"nope\"");
        using var refused = await staff.Http.SendAsync(stale);
        Assert.Equal(HttpStatusCode.PreconditionFailed, refused.StatusCode);
    }

    static async Task Reads(Customer alice, Operator staff, OrderDto order, string car)
    {
        await alice.SeesOnPage(order.OrderId, "its delivery", page => page.DeliveryStatus is not null);
        foreach (var path in (string[])[
            "/orders", $"/orders/{order.OrderId}", "/payments", $"/payments/{order.OrderId}", "/deposits",
            "/deposits/ledger", "/deliveries", $"/deliveries/{order.OrderId}", "/customerpages",
            $"/customerpages/{order.OrderId}", "/notifications", "/stocks", $"/stocks/{order.ProductId}",
            $"/stocks/{order.ProductId}/vehicles", car,
        ])
            await Sends(alice.Http, HttpMethod.Get, path, HttpStatusCode.OK);
        foreach (var path in (string[])[
            "/orders", $"/orders/{order.OrderId}", "/payments", $"/deposits?customerId={alice.Name}",
            $"/deposits/ledger?customerId={alice.Name}", "/deliveries", "/customers", $"/customers/{alice.Name}",
            $"/notifications?customerId={alice.Name}", $"/customerpages?customerId={alice.Name}", "/dead-letters",
            "/overview", $"/stocks/{order.ProductId}/vehicles",
        ])
            await Eventually.Holds(path, async () =>
            {
                using var answer = await staff.Http.GetAsync(path);
                return answer.StatusCode == HttpStatusCode.OK;
            });
    }

    HttpClient Client(Documented documented, string user) =>
        documented.Client(system.App.GetEndpoint("gateway", "http"), () => system.Token(user));

    static async Task Sends(
        HttpClient http, HttpMethod method, string path, HttpStatusCode expected, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body, new MediaTypeHeaderValue("application/json"), Json.Options);
        if (method == HttpMethod.Post) request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
        using var answer = await http.SendAsync(request);
        Assert.True(answer.StatusCode == expected,
            $"{method} {path}: {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>Again where this is faster than one caller may ask.</summary>
    static Task Asks(
        HttpClient http, string method, string path, string? body = null, string media = "application/json") =>
        Eventually.Holds($"{method} {path} is let in", async () =>
        {
            using var request = new HttpRequestMessage(new(method), path);
            if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, media);
            if (method == "POST") request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
            using var answer = await http.SendAsync(request);
            return answer.StatusCode != HttpStatusCode.TooManyRequests;
        });

    static string Filled(string route, Func<string, string> value) => string.Join('/', route.Split('/')
        .Select(part => part.StartsWith('{') ? value(part[1..^1]) : part));
}
