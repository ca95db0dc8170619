using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CarShare.ServiceTests.Clients;

/// <summary>The circuit breaker as it is shipped.</summary>
public sealed class CircuitBreakerTests(IdentityServer identity)
{
    static readonly InternalClientOptions Shipped = new();

    // N3 C30 C40: the breaker is there, it holds callers off at once, and it is not itself the outage.
    [Fact]
    public async Task After_a_handful_of_failures_calls_are_held_off_and_let_through_again_when_the_neighbour_is_back()
    {
        var neighbour = new Neighbour { IsDown = true };
        await using var replica = Replica(neighbour);
        var client = replica.GetRequiredService<Client>();

        for (var i = 0; i < Shipped.FailuresToOpen; i++) await Fails(client);
        Assert.Equal(Shipped.FailuresToOpen, neighbour.Calls);
        await Fails(client);
        Assert.Equal(Shipped.FailuresToOpen, neighbour.Calls);

        neighbour.IsDown = false;
        await Eventually.Holds(
            "the circuit closes", async () => await client.Call() == "here", TimeSpan.FromSeconds(5));
    }

    // N3: customers come one after the other, to two replicas in turns, and payments hangs.
    [Fact]
    public async Task A_handful_of_slow_calls_one_after_the_other_opens_it_in_every_replica()
    {
        var neighbour = new Neighbour { Hangs = true };
        await using var one = Replica(neighbour);
        await using var other = Replica(neighbour);
        Client[] clients = [one.GetRequiredService<Client>(), other.GetRequiredService<Client>()];
        for (var i = 1; i < Shipped.FailuresToOpen; i++)
            foreach (var client in clients) await Fails(client);
        foreach (var client in clients)
        {
            await Fails(client);
            var calls = neighbour.Calls;
            await Fails(client);
            Assert.Equal(calls, neighbour.Calls);
        }

        Assert.Equal(2 * Shipped.FailuresToOpen, neighbour.Calls);
    }

    [Fact]
    public async Task Many_good_calls_before_the_failures_do_not_keep_it_closed()
    {
        var neighbour = new Neighbour();
        await using var replica = Replica(neighbour);
        var client = replica.GetRequiredService<Client>();
        for (var i = 0; i < 500; i++) await client.Call();
        neighbour.IsDown = true;
        for (var i = 0; i < Shipped.FailuresToOpen; i++) await Fails(client);
        var calls = neighbour.Calls;
        await Fails(client);
        Assert.Equal(calls, neighbour.Calls);
    }

    [Fact]
    public async Task A_neighbour_that_fails_now_and_then_is_not_held_off()
    {
        var neighbour = new Neighbour();
        await using var replica = Replica(neighbour);
        var client = replica.GetRequiredService<Client>();
        for (var i = 0; i < 50; i++)
        {
            neighbour.IsDown = i % Shipped.FailuresToOpen != 0;
            if (neighbour.IsDown) await Fails(client);
            else Assert.Equal("here", await client.Call());
        }

        Assert.Equal(50, neighbour.Calls);
    }

    /// <summary>With everything as shipped but the retries, so that a call is one attempt.</summary>
    ServiceProvider Replica(Neighbour neighbour)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(
            [.. identity.Settings("orders"), new("services:stocks:http:0", "http://stocks.test")]);
        builder.AddServiceDefaults();
        builder.Services.AddInternalClient<Client>("stocks", options => options.Retries = 0)
            .ConfigurePrimaryHttpMessageHandler(() => neighbour);
        return builder.Services.BuildServiceProvider();
    }

    static async Task Fails(Client client) =>
        Assert.True(InternalClient.IsUnavailable(await Assert.ThrowsAnyAsync<Exception>(client.Call)));

    sealed class Client(HttpClient http)
    {
        public Task<string> Call() => http.GetStringAsync("/");
    }

    sealed class Neighbour : HttpMessageHandler
    {
        public bool IsDown { get; set; }

        public bool Hangs { get; init; }

        public int Calls { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Calls++;
            if (Hangs) await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            return IsDown
                ? throw new HttpRequestException("Nobody answers.")
                : new() { Content = new StringContent("here") };
        }
    }
}
