using System.Net;
using System.Text.Json.Nodes;
using CarShare.ServiceDefaults;

namespace CarShare.ServiceTests.Requests;

public sealed class BulkheadTests(SmallService service) : IClassFixture<SmallService>
{
    [Fact]
    public async Task Who_finds_no_room_hears_503_and_when_to_come_again_and_the_others_are_served()
    {
        var both = new[] { service.Http.GetAsync("/narrow"), service.Http.GetAsync("/narrow") };
        using var refused = await await Task.WhenAny(both);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("1", refused.Headers.GetValues("Retry-After").Single());
        var problem = JsonNode.Parse(await refused.Content.ReadAsStringAsync())!;
        Assert.Equal("urn:carshare:problem:overloaded", (string?)problem["type"]);

        service.Narrow.SetResult();
        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable],
            (await Task.WhenAll(both)).Select(answer => answer.StatusCode).Order());
        Assert.Equal(HttpStatusCode.OK, (await service.Http.GetAsync("/narrow")).StatusCode);
    }

    [Fact]
    public async Task Who_waits_gets_the_turn_that_is_given_back()
    {
        using var bulkhead = new Bulkhead(atOnce: 1, waiting: 1);
        var turn = await bulkhead.Enter();
        Assert.NotNull(turn);

        var waiting = bulkhead.Enter();
        turn.Dispose();
        using var next = await waiting;
        Assert.NotNull(next);
    }

    [Fact]
    public async Task Who_waits_too_long_leaves_without_a_turn()
    {
        using var bulkhead = new Bulkhead(atOnce: 1, waiting: 1, TimeSpan.FromMilliseconds(50));
        using var turn = await bulkhead.Enter();
        Assert.NotNull(turn);
        Assert.Null(await bulkhead.Enter());
    }

    [Fact]
    public async Task Who_hangs_up_while_waiting_is_no_longer_waited_for()
    {
        using var bulkhead = new Bulkhead(atOnce: 1, waiting: 1);
        using var turn = await bulkhead.Enter();
        using var caller = new CancellationTokenSource();
        var waiting = bulkhead.Enter(caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
