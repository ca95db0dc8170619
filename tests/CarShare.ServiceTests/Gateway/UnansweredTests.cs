using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CarShare.ServiceTests.Contracts;
using CarShare.Tests;

namespace CarShare.ServiceTests.Gateway;

/// <summary>The gateway in front of services whose instances die while they are asked.</summary>
public sealed class UnansweredTests(IdentityServer identity) : IAsyncLifetime
{
    readonly DyingStub _stub = new();
    readonly int _port = ChildProcess.FreePort();
    ChildProcess? _gateway;
    HttpClient? _customer;

    HttpClient Customer => _customer!;

    public async ValueTask InitializeAsync()
    {
        string[] services = ["orders", "stocks", "payments", "deliveries", "notifications", "customerpages"];
        var program = Path.Combine(
            ChildProcess.RepositoryRoot, "CarShare.Gateway/bin", ChildProcess.Configuration,
            "net10.0/CarShare.Gateway.dll");
        _gateway = ChildProcess.Start("dotnet", [program], new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_port}",
            ["Authentication__Authority"] = identity.Authority,
        }.Concat(services.Select(service => KeyValuePair.Create($"services__{service}__http__0", _stub.Address))));
        await _gateway.Listens(_port);
        _customer = new(new BearerHandler(() => identity.Token("alice")) { InnerHandler = new SocketsHttpHandler() })
        {
            BaseAddress = new($"http://127.0.0.1:{_port}"),
        };
    }

    public async ValueTask DisposeAsync()
    {
        _customer?.Dispose();
        if (_gateway is not null) await _gateway.DisposeAsync();
        _stub.Dispose();
    }

    // the client within the gateway asks four times by itself, but only for what has no body
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task A_question_that_an_instance_took_with_it_is_asked_again(int deaths)
    {
        _stub.Die(deaths);
        using var answer = await Customer.GetAsync("/orders", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(deaths + 1, _stub.Requests.Count);
    }

    // the other errors of the document are brought about in the whole system
    [Fact]
    public async Task Every_operation_of_the_document_is_503_as_declared_when_its_service_does_not_answer()
    {
        _stub.Die(int.MaxValue);
        await Task.WhenAll(PublicDocumentTests.Operations(await PublicDocumentTests.Merged.Value).Select(async found =>
        {
            var (method, path) = found.Route.Split(' ') is [var verb, var route]
                ? (new HttpMethod(verb.ToUpperInvariant()), route)
                : default;
            using var request = new HttpRequestMessage(method, Regex.Replace(
                path.Replace("{service}", "stocks", StringComparison.Ordinal), @"\{\w+\}", $"{Guid.NewGuid()}")
                + (path == "/dead-letters" ? "?service=stocks" : ""));
            request.Headers.Authorization = new("Bearer", await identity.Token("operator"));
            if (found.Operation["requestBody"] is not null)
                request.Content = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
            using var answer = await Customer.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal((found.Route, HttpStatusCode.ServiceUnavailable), (found.Route, answer.StatusCode));
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
            var problem = JsonNode.Parse(
                await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
            Assert.StartsWith("urn:carshare:problem:", problem["type"]!.ToString(), StringComparison.Ordinal);
            Assert.Equal(503, problem["status"]!.GetValue<int>());
            Assert.All(
                new[] { "title", "detail", "traceId" }, member => Assert.NotEqual("", problem[member]!.ToString()));
        }));
    }

    [Fact]
    public async Task A_post_with_a_key_is_sent_again_with_the_same_key_and_body()
    {
        _stub.Die(2);
        using var answer = await Post("a key");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(3, _stub.Requests.Count);
        Assert.Contains("Idempotency-Key: a key", _stub.Requests[0], StringComparison.Ordinal);
        Assert.Equal(Body(_stub.Requests[0]), Body(_stub.Requests[2]));
        Assert.Contains("seoul", Body(_stub.Requests[2]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_head_is_passed_on_as_one_and_asked_again_like_any_question()
    {
        _stub.Die(2);
        using var answer = await Customer.SendAsync(
            new(HttpMethod.Head, "/orders"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(3, _stub.Requests.Count);
        Assert.All(_stub.Requests, request => Assert.StartsWith("HEAD /orders ", request, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_post_without_a_key_may_have_been_done_and_is_sent_once()
    {
        _stub.Die(1);
        using var answer = await Post(key: null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Single(_stub.Requests);
    }

    [Fact]
    public async Task Who_never_answers_is_given_up_within_a_moment()
    {
        _stub.Die(100);
        var start = Stopwatch.GetTimestamp();
        using var answer = await Customer.GetAsync("/orders", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.InRange(_stub.Requests.Count, 4, 16);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromMilliseconds(500), Eventually.Moment);
    }

    async Task<HttpResponseMessage> Post(string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/orders");
        request.Content = new StringContent("""{"deliveryAddress":"seoul"}""", Encoding.UTF8, "application/json");
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return await Customer.SendAsync(request, TestContext.Current.CancellationToken);
    }

    static string Body(string request) => request[request.IndexOf("\r\n\r\n", StringComparison.Ordinal)..];
}
