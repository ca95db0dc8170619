using System.Net.ServerSentEvents;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.ServiceDefaults;

namespace CarShare.ServiceTests.CustomerPages;

public sealed class StreamTests(PagesFixture service) : IClassFixture<PagesFixture>
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
        using var answer = await http.GetAsync("/customerpages/stream", HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        await using var events = SseParser.Create(await answer.Content.ReadAsStreamAsync(deadline.Token)).EnumerateAsync(deadline.Token).GetAsyncEnumerator(deadline.Token);

        Assert.Equal(OrderStatus.Placed, (await Next(events)).OrderStatus);

        await service.Broker.Publish(others);
        await service.Broker.Publish(new OrderCancelled(mine.OrderId, "viewer", DateTimeOffset.UtcNow, CancelReason.Customer, mine.ProductId, 1));
        var changed = await Next(events);
        Assert.Equal((mine.OrderId, OrderStatus.Cancelled, 30_000m), (changed.OrderId, changed.OrderStatus!.Value, changed.Amount!.Value));

        // F10: nobody publishes this on the customer's channel; the next heartbeat sees it.
        await service.Broker.Publish(new ProductRegistered(mine.ProductId, DateTimeOffset.UtcNow, "Ioniq 5", 15_000, 9, 9, 1));
        Assert.Equal(9, (await Next(events)).RemainingStock);

        var stopping = replica.DisposeAsync();
        Assert.False(await events.MoveNextAsync());
        await stopping;
    }

    static async Task<CustomerPageDto> Next(IAsyncEnumerator<SseItem<string>> events)
    {
        Assert.True(await events.MoveNextAsync());
        Assert.Equal("page", events.Current.EventType);
        var page = JsonSerializer.Deserialize<CustomerPageDto>(events.Current.Data, ApiJson.Options)!;
        Assert.Equal($"{page.OrderId}:{page.Timeline.Count}", events.Current.EventId);
        return page;
    }
}
