using System.Net.ServerSentEvents;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using CarShare.Tests;

namespace CarShare.ServiceTests.CustomerPages;

public sealed class StreamTests(PagesFixture service, IdentityServer identity) : IClassFixture<PagesFixture>
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_stream_shows_the_pages_and_then_every_change_until_its_replica_stops()
    {
        var mine = PagesTests.Placed("viewer");
        var others = PagesTests.Placed("somebody else");
        await service.Broker.Publish(mine);
        await service.Page("viewer", mine.OrderId);
        var replica = await service.StartReplica();
        using var http = service.As("viewer", replica);
        using var deadline = new CancellationTokenSource(Patience);
        using var answer = await http.GetAsync(
            "/customerpages/stream", HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        await using var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(deadline.Token))
            .EnumerateAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);

        Assert.Equal(OrderStatus.Placed, (await Next(events)).OrderStatus);

        await service.Broker.Publish(others);
        await service.Broker.Publish(new OrderCancelled(
            mine.OrderId, "viewer", DateTimeOffset.UtcNow, CancelReason.Customer, mine.ProductId, 1));
        var changed = await Next(events);
        Assert.Equal((mine.OrderId, OrderStatus.Cancelled, 30_000m), (
            changed.OrderId, changed.OrderStatus, changed.Amount!.Value));

        // F10: nobody publishes this on the customer's channel; the next heartbeat sees it.
        await service.Broker.Publish(
            new ProductRegistered(mine.ProductId, DateTimeOffset.UtcNow, "Ioniq 5", 15_000, 9, 9, 1));
        Assert.Equal(9, (await Next(events)).RemainingStock);

        var stopping = replica.DisposeAsync();
        Assert.False(await events.MoveNextAsync());
        await stopping;
    }

    [Fact]
    public async Task A_reader_who_comes_back_with_the_last_id_gets_only_what_has_changed_since()
    {
        var (old, changing) = (PagesTests.Placed("returner"), PagesTests.Placed("returner"));
        foreach (var placed in new[] { old, changing })
        {
            await service.Broker.Publish(placed);
            await service.Page("returner", placed.OrderId);
        }

        using var http = service.As("returner");
        using var deadline = new CancellationTokenSource(Patience);
        string? last;
        await using (var first = await Open(http, null, deadline.Token))
        {
            await Next(first);
            await Next(first);
            last = first.Current.EventId;
        }

        await service.Broker.Publish(new OrderCancelled(
            changing.OrderId, "returner", DateTimeOffset.UtcNow, CancelReason.Customer, changing.ProductId, 1));
        await Eventually.Holds("it is cancelled", async () =>
            (await service.Page("returner", changing.OrderId)).OrderStatus == OrderStatus.Cancelled);
        await using var again = await Open(http, last, deadline.Token);
        Assert.Equal(changing.OrderId, (await Next(again)).OrderId);
        await service.Broker.Publish(new OrderCancelled(
            old.OrderId, "returner", DateTimeOffset.UtcNow, CancelReason.Customer, old.ProductId, 1));
        Assert.Equal(old.OrderId, (await Next(again)).OrderId);

        await using var unknown = await Open(http, "nonsense~%%%", deadline.Token);
        Assert.Equal(2, new HashSet<Guid> { (await Next(unknown)).OrderId, (await Next(unknown)).OrderId }.Count);
    }

    [Fact]
    public async Task A_stream_ends_with_the_token_it_was_opened_with()
    {
        var token = identity.Mint(new() { Subject = "brief", ExpiresIn = TimeSpan.FromSeconds(4) });
        using var http = service.Anonymous();
        http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var deadline = new CancellationTokenSource(Patience);
        await using var events = await Open(http, null, deadline.Token);
        Assert.False(await events.MoveNextAsync());
    }

    [Fact]
    public async Task Asked_for_its_headers_only_a_stream_does_not_begin()
    {
        using var http = service.As("header");
        using var answer = await http.SendAsync(new(HttpMethod.Head, "/customerpages/stream"));
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
    }

    static async Task<IAsyncEnumerator<SseItem<string>>> Open(
        HttpClient http, string? lastEventId, CancellationToken ct)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/customerpages/stream");
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        answer.EnsureSuccessStatusCode();
        return SseParser.Create(await answer.Content.ReadAsStreamAsync(ct)).EnumerateAsync(ct).GetAsyncEnumerator(ct);
    }

    static async Task<CustomerPageDto> Next(IAsyncEnumerator<SseItem<string>> events)
    {
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("page", events.Current.EventType);
        var page = JsonSerializer.Deserialize<CustomerPageDto>(events.Current.Data, ApiJson.Options)!;
        Assert.StartsWith($"{page.OrderId}:{page.Timeline.Count}~", events.Current.EventId, StringComparison.Ordinal);
        return page;
    }
}
