using System.Collections.Concurrent;
using System.Diagnostics;
using CarShare.LoadTests.Running;
using CarShare.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CarShare.SystemTests;

/// <summary>
/// The demonstration and the load tools at a gateway that is not always ready, and at a provider that knows the realm's
/// users and nobody else. Where they stop is told in one sentence.
/// </summary>
public sealed class DemoTests : IAsyncDisposable
{
    const string Product = "0199a5a0-0000-7000-8000-000000000001", Order = "0199a5a0-0000-7000-8000-000000000002";

    const string Registered = $$"""{"productId":"{{Product}}"}""";

    readonly WebApplication _elsewhere;
    readonly string _address = $"http://127.0.0.1:{ChildProcess.FreePort()}";
    readonly ConcurrentQueue<(string Route, string? Key, string Token)> _asked = new();
    readonly ConcurrentDictionary<string, Queue<Func<HttpContext, Task>>> _answers = new();

    public DemoTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(_address);
        _elsewhere = builder.Build();
        _elsewhere.MapPost("/realms/carshare/protocol/openid-connect/token", async http =>
        {
            var user = (await http.Request.ReadFormAsync())["username"].ToString();
            await (user is "alice" or "operator"
                ? Says(200, $$"""{"access_token":"{{user}}","expires_in":600}""")
                : Says(401, """{"error_description":"Invalid user credentials"}"""))(http);
        });
        _elsewhere.MapFallback(http =>
        {
            var route = $"{http.Request.Method} {http.Request.Path}";
            var headers = http.Request.Headers;
            _asked.Enqueue((route, headers["Idempotency-Key"], headers.Authorization.ToString()));
            return _answers.TryGetValue(route, out var answers) && answers.TryDequeue(out var answer)
                ? answer(http)
                : Says(418)(http);
        });
    }

    [Fact]
    public async Task Whoever_holds_the_demonstration_off_is_asked_again_under_the_same_key()
    {
        Answers("GET /stocks", Says(200));
        Answers("POST /stocks", Says(503, retryAfter: "0"), Says(429, retryAfter: "0"), Aborts,
            Says(201, Registered));
        var (code, sentence) = await Demo();
        Assert.Equal((1, "carshare: POST /deposits was answered 418, expected 201"), (code, sentence));
        var keys = _asked.Where(asked => asked.Route == "POST /stocks").Select(asked => asked.Key).ToList();
        Assert.Equal(4, keys.Count);
        Assert.NotNull(Assert.Single(keys.Distinct()));
    }

    [Fact]
    public async Task An_order_that_waits_for_its_payment_is_waited_for()
    {
        Answers("GET /stocks", Says(200));
        Answers("POST /stocks", Says(201, Registered));
        Answers("POST /deposits", Says(201, "{}"));
        Answers("POST /orders", Says(202, Ordered("AwaitingPayment")));
        Answers($"GET /orders/{Order}", Says(200, Ordered("AwaitingPayment")), Says(200, Ordered("Placed")));
        var (code, sentence) = await Demo();
        Assert.Equal((1, $"carshare: GET /stocks/{Product} was answered 418, expected 200"), (code, sentence));
    }

    [Fact]
    public async Task Where_nobody_is_a_customer_for_the_asking_the_customer_is_alice()
    {
        Answers("GET /stocks", Says(200));
        Answers("POST /stocks", Says(201, Registered));
        await Demo();
        Assert.Equal("Bearer alice", Assert.Single(_asked, asked => asked.Route == "POST /deposits").Token);
    }

    [Fact]
    public async Task The_load_tools_say_who_is_refused_and_why()
    {
        await _elsewhere.StartAsync(TestContext.Current.CancellationToken);
        using var tokens = new LoadTests.Running.Tokens(new(_address));
        Assert.Equal("alice", await tokens.Of("alice", TestContext.Current.CancellationToken));
        var refused = await Assert.ThrowsAsync<CannotRunException>(
            () => tokens.Of("customer-1", TestContext.Current.CancellationToken).AsTask());
        Assert.StartsWith($"customer-1 is refused by {_address}", refused.Message, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _elsewhere.DisposeAsync();

    static string Ordered(string status) => $$"""{"orderId":"{{Order}}","status":"{{status}}"}""";

    static Func<HttpContext, Task> Says(int status, string body = "", string? retryAfter = null) => http =>
    {
        http.Response.StatusCode = status;
        if (retryAfter is not null) http.Response.Headers.RetryAfter = retryAfter;
        return http.Response.WriteAsync(body);
    };

    static Task Aborts(HttpContext http)
    {
        http.Abort();
        return Task.CompletedTask;
    }

    void Answers(string route, params Func<HttpContext, Task>[] answers) => _answers[route] = new(answers);

    async Task<(int Code, string LastLine)> Demo()
    {
        await _elsewhere.StartAsync(TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("bash", [Path.Combine(ChildProcess.RepositoryRoot, "carshare"), "demo"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["CARSHARE_GATEWAY"] = _address, ["CARSHARE_AUTHORITY"] = $"{_address}/realms/carshare",
            },
        };
        using var demo = Process.Start(start)!;
        var (output, errors) = (demo.StandardOutput.ReadToEndAsync(), demo.StandardError.ReadToEndAsync());
        await demo.WaitForExitAsync(TestContext.Current.CancellationToken);
        await output;
        return (demo.ExitCode, (await errors).TrimEnd().Split('\n')[^1]);
    }
}
