using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CarShare.ServiceTests.Clients;

public sealed class CircuitBreakerTests(IdentityServer identity)
{
    // N3 C30 C40: the breaker is there, it holds callers off at once, and it is not itself the outage.
    [Fact]
    public async Task After_repeated_failures_calls_are_held_off_and_let_through_again_when_the_neighbour_is_back()
    {
        var neighbour = new Neighbour { IsDown = true };
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([.. identity.Settings("orders"), new("services:stocks:http:0", "http://stocks.test")]);
        builder.AddServiceDefaults();
        builder.Services.AddInternalClient<Client>("stocks", options => (options.BreakerThroughput, options.BreakDuration, options.Retries) = (4, TimeSpan.FromSeconds(1), 0))
            .ConfigurePrimaryHttpMessageHandler(() => neighbour);
        await using var provider = builder.Services.BuildServiceProvider();
        var client = provider.GetRequiredService<Client>();

        for (var i = 0; i < 4; i++) Assert.True(InternalClient.IsUnavailable(await Assert.ThrowsAnyAsync<Exception>(client.Call)));
        Assert.Equal(4, neighbour.Calls);
        Assert.True(InternalClient.IsUnavailable(await Assert.ThrowsAnyAsync<Exception>(client.Call)));
        Assert.Equal(4, neighbour.Calls);

        neighbour.IsDown = false;
        await Eventually.Holds("the circuit closes", async () => await client.Call() == "here", TimeSpan.FromSeconds(5));
    }

    sealed class Client(HttpClient http)
    {
        public Task<string> Call() => http.GetStringAsync("/");
    }

    sealed class Neighbour : HttpMessageHandler
    {
        public bool IsDown { get; set; }

        public int Calls { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Calls++;
            return IsDown ? throw new HttpRequestException("Nobody answers.") : Task.FromResult(new HttpResponseMessage { Content = new StringContent("here") });
        }
    }
}
