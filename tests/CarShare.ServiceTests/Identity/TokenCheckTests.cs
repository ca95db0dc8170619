using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using CarShare.CustomerPages.Data;
using CarShare.Deliveries.Data;
using CarShare.Notifications.Data;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.ServiceTests.Contracts;
using CarShare.Stocks.Data;
using CarShare.Tests;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CarShare.ServiceTests.Identity;

/// <summary>
/// Which tokens a service believes, and when. Asked is for somebody else's deposit: whoever is let in gets 404 without
/// the store, which is nowhere.
/// </summary>
public sealed class TokenCheckTests(IdentityServer identity)
{
    static readonly string[] ForAnyone =
        ["/alive", "/health", "/started", "/metrics", "/openapi/{documentName}.json", "/stocks", "/stocks/{productId}",
            "/stocks/{productId}/vehicles",
             "/stocks/{productId}/vehicles/{vehicleId}"];

    const string LetIn = "NotFound", TurnedAway = "Unauthorized Bearer error=\"invalid_token\"";

    // C25
    [Fact]
    public async Task Only_a_token_of_the_provider_for_this_audience_in_its_time_is_believed()
    {
        await using var service = Service(identity.Authority);
        using var stranger = RSA.Create(2048);
        (string Name, string Expected, TokenShape Shape)[] cases =
        [
            ("as issued", LetIn, new()),
            ("expired within the tolerance", LetIn, new() { ExpiresIn = TimeSpan.FromSeconds(-15) }),
            ("expired", TurnedAway, new() { ExpiresIn = TimeSpan.FromSeconds(-45) }),
            ("not yet valid", TurnedAway, new() { NotBefore = TimeSpan.FromMinutes(5) }),
            ("without an end", TurnedAway, new() { Change = claims => claims.Remove("exp") }),
            ("another audience", TurnedAway, new() { Audience = "account" }),
            ("no audience", TurnedAway, new() { Audience = null }),
            ("another issuer", TurnedAway, new() { Issuer = "https://identity.example/realms/carshare" }),
            ("the issuer and a slash", TurnedAway, new() { Issuer = identity.Authority + "/" }),
            ("another key under the same name", TurnedAway, new() { Key = stranger }),
            ("another key under its own name", TurnedAway, new() { Key = stranger, KeyId = "stranger" }),
            ("no signature", TurnedAway, new() { Algorithm = "none" }),
            ("the public key as a secret", TurnedAway, new() { Algorithm = "HS256" }),
            ("another hash", TurnedAway, new() { Algorithm = "RS512" }),
        ];
        foreach (var (name, expected, shape) in cases)
        {
            var token = identity.Mint(shape);
            Assert.Equal((name, expected), (name, await Ask(service, token)));
            Assert.Equal((name, expected), (name, await Ask(service, token)));
        }

        var good = identity.Mint();
        Assert.Equal(TurnedAway, await Ask(service, good[..^8] + "AAAAAAAA"));
        Assert.Equal(TurnedAway, await Ask(service, "rubbish"));
        Assert.Equal(TurnedAway, await Ask(service, new string('a', 9_000)));
        Assert.Equal("Unauthorized Bearer", await Ask(service, null));
    }

    [Fact]
    public async Task A_service_that_never_reached_the_provider_says_so_at_once_and_believes_as_soon_as_it_is_there()
    {
        await using var late = new IdentityServer();
        await using var service = Service(late.Authority);
        Assert.Equal("ServiceUnavailable", await Ask(service, identity.Mint()));
        Assert.Equal("Unauthorized Bearer", await Ask(service, null));

        await late.InitializeAsync();
        var token = await late.Token("alice");
        await Eventually.Holds("alice is let in", async () => await Ask(service, token) == LetIn);

        await late.Stop();
        Assert.Equal(LetIn, await Ask(service, token));
        Assert.Equal(LetIn, await Ask(service, late.Mint(new() { Subject = "bob" })));
        await Eventually.Holds("a key that nobody can be asked for is neither good nor bad", async () =>
            await Ask(service, identity.Mint()) == "ServiceUnavailable");
    }

    [Fact]
    public async Task A_provider_that_never_answers_holds_nobody_for_more_than_a_moment()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var service = Service($"http://{silent.LocalEndpoint}/realms/carshare");
        Assert.Equal("Unauthorized Bearer", await Ask(service, null));
        var started = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Ask(service, identity.Mint())));
        Assert.All(answers, answer => Assert.Equal("ServiceUnavailable", answer));
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Eventually.Moment);
    }

    // C25 C26 C27
    [Fact]
    public async Task Every_endpoint_says_at_its_route_who_may_use_it()
    {
        await Check(BareHost.Of<OrdersDb>("orders"));
        await Check(BareHost.Of<StocksDb>("stocks"));
        await Check(BareHost.Of<PaymentsDb>("payments"));
        await Check(BareHost.Of<DeliveriesDb>("deliveries"));
        await Check(BareHost.Of<NotificationsDb>("notifications"));
        await Check(BareHost.Of<RedisStore>("customerpages"));

        static async Task Check<TEntry>(WebApplicationFactory<TEntry> service)
            where TEntry : class
        {
            await using var host = service;
            var endpoints = host.Services.GetRequiredService<EndpointDataSource>().Endpoints
                .OfType<RouteEndpoint>().ToList();
            Assert.NotEmpty(endpoints);
            Assert.All(endpoints, endpoint => Assert.True(
                endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy is not null
                    ^ endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null,
                endpoint.DisplayName));
            var forAnyone = endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null);
            Assert.All(
                forAnyone, endpoint => Assert.Contains("/" + endpoint.RoutePattern.RawText!.Trim('/'), ForAnyone));
        }
    }

    static WebApplicationFactory<PaymentsDb> Service(string authority) =>
        BareHost.Of<PaymentsDb>("payments")
            .WithWebHostBuilder(web => web.UseSetting("Authentication:Authority", authority));

    static async Task<string> Ask(WebApplicationFactory<PaymentsDb> service, string? token)
    {
        using var http = service.CreateClient();
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.GetAsync("/deposits?customerId=somebody-else");
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            Assert.Contains("urn:carshare:problem:identity-unavailable", await answer.Content.ReadAsStringAsync());
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        return $"{answer.StatusCode} {answer.Headers.WwwAuthenticate}".Trim();
    }
}
