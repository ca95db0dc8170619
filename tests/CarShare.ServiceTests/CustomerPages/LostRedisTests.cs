using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Tests;

namespace CarShare.ServiceTests.CustomerPages;

/// <summary>The view can be thrown away at any time: it comes back from the log and the publishers.</summary>
public sealed class LostRedisTests(PagesFixture service) : IClassFixture<PagesFixture>
{
    static readonly TimeSpan Restart = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_flushed_view_comes_back_as_it_was_without_any_new_event()
    {
        var order = await Cancelled("flushed");
        var before = await Text("flushed", order);
        service.Publishers.Asked.Clear();

        await service.Redis.ExecuteAsync("FLUSHALL");

        await Eventually.Holds("the page is back", async () => await Text("flushed", order) == before, Restart);
        await Eventually.Holds(
            "the publishers are asked for the whole past", () => Task.FromResult(service.Publishers.Asked.Contains(0)));
    }

    [Fact]
    public async Task A_rebuild_overwrites_what_is_wrong_and_never_empties_a_page()
    {
        var order = await Cancelled("rebuilt");
        var before = await Text("rebuilt", order);
        var key = $"page:{{rebuilt}}:{order}";
        await service.Redis.HashSetAsync(key, "orderStatus", "0 1 \"Returned\"");
        await service.Redis.HashSetAsync(
            key, "json", before.Replace("Cancelled", "Returned")[..^",\"remainingStock\":null}".Length]);
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

    [Theory]
    [InlineData("orderId", 1)]
    [InlineData("customerId", 2)]
    public async Task The_pages_of_one_order_or_customer_are_rebuilt_from_what_the_publishers_remember(
        string by, int back)
    {
        var customer = $"rebuilt-by-{by}";
        var (first, second) = (PagesTests.Placed(customer), PagesTests.Placed(customer));
        var others = service.Publishers.Outbox;
        service.Publishers.Outbox =
        [
            .. others,
            Remembered(first), Remembered(second), Remembered(PagesTests.Placed("somebody else")),
            Remembered(new PaymentApproved(
                first.OrderId, customer, DateTimeOffset.UtcNow, first.PaymentId, first.Amount)),
            Remembered(new VehicleReassigned(
                second.OrderId, DateTimeOffset.UtcNow, [new(Guid.CreateVersion7(), "88마8888")], 2)),
            Remembered(new DepositCredited(customer, DateTimeOffset.UtcNow, 9_000, 9_000, 0)),
        ];
        using var staff = service.Operator();

        var query = by == "orderId" ? $"orderId={first.OrderId}" : $"customerId={customer}";
        using var answer = await staff.PostAsync($"/internal/customerpages/rebuild?{query}", null);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var own = service.As(customer);
        var pages = (await own.GetFromJsonAsync<Page<CustomerPageDto>>("/customerpages", ApiJson.Options))!.Items;
        Assert.Equal(back, pages.Count);
        Assert.Equal(PaymentStatus.Approved, pages.Single(page => page.OrderId == first.OrderId).PaymentStatus);
        if (by == "customerId")
        {
            Assert.Equal("88마8888", pages.Single(page => page.OrderId == second.OrderId).Vehicles[0].Plate);
            var known = await staff.GetFromJsonAsync<CustomerDetailDto>($"/customers/{customer}", ApiJson.Options);
            Assert.Equal((9_000m, 2), (known!.Balance!.Value, known.Open.Count));
        }

        Assert.Equal(HttpStatusCode.NotFound, (await staff.GetAsync("/customers/somebody else")).StatusCode);
        using var nobody = await staff.PostAsync("/internal/customerpages/rebuild?customerId=nobody", null);
        Assert.Equal(HttpStatusCode.NotFound, nobody.StatusCode);
        service.Publishers.Outbox = others;
    }

    [Theory]
    [InlineData(503)]
    [InlineData(502)]
    [InlineData(500)]
    [InlineData(429)]
    public async Task A_rebuild_while_a_publisher_has_trouble_is_to_be_asked_for_again(int trouble)
    {
        using var staff = service.Operator();
        service.Publishers.Trouble = trouble;
        foreach (var query in new[] { $"orderId={Guid.CreateVersion7()}", "customerId=somebody" })
        {
            using var answer = await staff.PostAsync($"/internal/customerpages/rebuild?{query}", null);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.NotNull(answer.Headers.RetryAfter);
        }

        service.Publishers.Trouble = null;
    }

    static int _sequence;

    static OutboxMessage Remembered<TEvent>(TEvent fact)
        where TEvent : class, IEvent => new()
        {
            Sequence = Interlocked.Increment(ref _sequence),
            Id = Guid.CreateVersion7(),
            Type = TEvent.Type,
            Topic = TEvent.Topic,
            Key = fact.Key,
            Payload = JsonSerializer.Serialize(fact, EventJson.Options),
            OccurredAt = fact.OccurredAt,
        };

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
        await service.Broker.Publish(new OrderCancelled(
            order.OrderId, "waiting", DateTimeOffset.UtcNow, CancelReason.Customer, order.ProductId, 1));
        await service.StartRedis();

        var page = await service.Page("waiting", order.OrderId, p => p.OrderStatus == OrderStatus.Cancelled, Restart);
        Assert.Equal(["order.placed", "order.cancelled"], page.Timeline.Select(line => line.Event));
    }

    async Task<Guid> Cancelled(string customer)
    {
        var order = PagesTests.Placed(customer);
        await service.Broker.Publish(order);
        await service.Broker.Publish(new OrderCancelled(
            order.OrderId, customer, DateTimeOffset.UtcNow, CancelReason.Customer, order.ProductId, 1));
        await service.Page(customer, order.OrderId, p => p.OrderStatus == OrderStatus.Cancelled);
        return order.OrderId;
    }

    async Task<string> Text(string customer, Guid order)
    {
        using var http = service.As(customer);
        return await http.GetStringAsync($"/customerpages/{order}");
    }
}
