using System.Net;
using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.ServiceTests.CustomerPages;

/// <summary>The view can be thrown away at any time: it comes back from the log and the publishers.</summary>
public sealed class LostRedisTests(PagesFixture service) : IClassFixture<PagesFixture>
{
    static readonly TimeSpan Restart = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_flushed_view_comes_back_as_it_was_without_any_new_event()
    {
        var order = await Cancelled("flushed");
        var before = await Text("flushed", order);
        await NothingOwed();
        service.Publishers.Asked.Clear();

        await service.Redis.ExecuteAsync("FLUSHALL");

        await Eventually.Holds("the page is back", async () => await Text("flushed", order) == before, Restart);
        await Eventually.Holds("the publishers are asked for the whole past", () => Task.FromResult(service.Publishers.Asked.Contains(0)));
    }

    [Fact]
    public async Task A_rebuild_overwrites_what_is_wrong_and_never_empties_a_page()
    {
        var order = await Cancelled("rebuilt");
        var before = await Text("rebuilt", order);
        await NothingOwed();
        var key = $"page:{{rebuilt}}:{order}";
        await service.Redis.HashSetAsync(key, "orderStatus", "0 1 \"Returned\"");
        await service.Redis.HashSetAsync(key, "json", before.Replace("Cancelled", "Returned")[..^",\"remainingStock\":null}".Length]);
        using var staff = service.Operator();

        using var answer = await staff.PostAsync("/internal/customerpages/rebuild", null);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await Eventually.Holds("the page is right again", async () =>
        {
            var text = await Text("rebuilt", order);
            Assert.Contains(order.ToString(), text, StringComparison.Ordinal);
            return text == before;
        }, Restart);
    }

    // N2, N12
    [Fact]
    public async Task While_redis_is_away_events_wait_and_readers_are_told_to_come_back()
    {
        var order = PagesTests.Placed("waiting");
        await service.Broker.Publish(order);
        await service.Page("waiting", order.OrderId);
        await service.KillRedis();
        using var http = service.As("waiting");

        await Eventually.Holds("503 with Retry-After", async () =>
        {
            using var answer = await http.GetAsync("/customerpages");
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter is not null;
        });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/health")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/alive")).StatusCode);
        await service.Broker.Publish(new OrderCancelled(order.OrderId, "waiting", DateTimeOffset.UtcNow, CancelReason.Customer, order.ProductId, 1));
        await service.StartRedis();

        var page = await service.Page("waiting", order.OrderId, p => p.OrderStatus == OrderStatus.Cancelled, Restart);
        Assert.Equal(["order.placed", "order.cancelled"], page.Timeline.Select(line => line.Event));
    }

    async Task<Guid> Cancelled(string customer)
    {
        var order = PagesTests.Placed(customer);
        await service.Broker.Publish(order);
        await service.Broker.Publish(new OrderCancelled(order.OrderId, customer, DateTimeOffset.UtcNow, CancelReason.Customer, order.ProductId, 1));
        await service.Page(customer, order.OrderId, p => p.OrderStatus == OrderStatus.Cancelled);
        return order.OrderId;
    }

    async Task<string> Text(string customer, Guid order)
    {
        using var http = service.As(customer);
        return await http.GetStringAsync($"/customerpages/{order}");
    }

    Task NothingOwed() => Eventually.Holds("the publishers have been asked once", async () =>
        (await service.Redis.HashKeysAsync("positions")).All(name => !name.ToString().EndsWith("/ask", StringComparison.Ordinal)));
}
