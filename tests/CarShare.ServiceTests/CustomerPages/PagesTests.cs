using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Tests;

namespace CarShare.ServiceTests.CustomerPages;

public sealed class PagesTests(PagesFixture service) : IClassFixture<PagesFixture>
{
    static DateTimeOffset Now => DateTimeOffset.UtcNow;

    // F9, F10
    [Fact]
    public async Task A_rental_is_shown_with_the_remaining_stock_of_its_product()
    {
        var order = Placed("renter");
        await service.Broker.Publish(new ProductRegistered(order.ProductId, Now, "Ioniq 5", 15_000, 3, 2, 1));
        await service.Broker.Publish(order);
        await service.Broker.Publish(new PaymentApproved(order.OrderId, "renter", Now, order.PaymentId, order.Amount));

        var page = await service.Page(
            "renter", order.OrderId, p => p is { PaymentStatus: not null, RemainingStock: not null });
        Assert.Equal((OrderStatus.Placed, PaymentStatus.Approved, 2), (
            page.OrderStatus, page.PaymentStatus!.Value, page.RemainingStock!.Value));

        await service.Broker.Publish(new ProductChanged(order.ProductId, Now, "Ioniq 5", 15_000, 3, 0, 2));
        await service.Page("renter", order.OrderId, p => p.RemainingStock == 0);
    }

    // C27
    [Fact]
    public async Task A_customer_sees_own_pages_only_and_an_operator_sees_whom_they_name()
    {
        var order = await Shown("own-1");
        using var other = service.As("own-2");
        using var staff = service.Operator();
        using var nobody = service.Anonymous();

        Assert.Equal(HttpStatusCode.NotFound, await Status(other, $"/customerpages/{order}"));
        Assert.Empty((await List(other, "/customerpages")).Items);
        Assert.Equal(HttpStatusCode.NotFound, await Status(other, "/customerpages?customerId=own-1"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(other, "/customerpages/stream?customerId=own-1"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(other, $"/customerpages/{order}?customerId=own-1"));
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(nobody, "/customerpages"));
        Assert.Equal(HttpStatusCode.Unauthorized, await Status(nobody, "/customerpages/stream"));

        Assert.Equal(HttpStatusCode.OK, await Status(staff, $"/customerpages/{order}"));
        Assert.Equal(HttpStatusCode.NotFound, await Status(staff, $"/customerpages/{order}?customerId=own-2"));
        Assert.Equal(order, Assert.Single((await List(staff, "/customerpages?customerId=own-1")).Items).OrderId);
        Assert.Equal(HttpStatusCode.BadRequest, await Status(staff, "/customerpages"));
        Assert.Equal(
            HttpStatusCode.BadRequest, await Status(staff, $"/customerpages?customerId={new string('x', 101)}"));
    }

    // C26
    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task The_view_can_only_be_read(string method)
    {
        using var staff = service.Operator();
        foreach (var path in (string[])["/customerpages", $"/customerpages/{Guid.NewGuid()}", "/customerpages/stream"])
        {
            using var request = new HttpRequestMessage(
                new(method), path)
            { Content = JsonContent.Create(new { orderStatus = "Returned" }) };
            using var answer = await staff.SendAsync(request);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Pages_come_newest_order_first_in_portions()
    {
        // Ids of one millisecond have no order among themselves.
        var orders = Enumerable.Range(0, 5)
            .Select(i => Placed("pager") with { OrderId = Guid.CreateVersion7(Now.AddSeconds(i)) }).ToList();
        foreach (var order in orders.AsEnumerable().Reverse()) await service.Broker.Publish(order);
        foreach (var order in orders) await service.Page("pager", order.OrderId);
        using var http = service.As("pager");

        var seen = new List<Guid>();
        string? next = "";
        while (next is not null)
        {
            var portion = await List(http, $"/customerpages?limit=2{next}");
            seen.AddRange(portion.Items.Select(page => page.OrderId));
            next = portion.Next is null ? null : $"&after={portion.Next}";
        }

        Assert.Equal(orders.Select(order => order.OrderId).Reverse(), seen);
        Assert.Equal(HttpStatusCode.BadRequest, await Status(http, "/customerpages?limit=101"));
        Assert.Equal(HttpStatusCode.BadRequest, await Status(http, "/customerpages?after=yesterday"));
        Assert.Equal(HttpStatusCode.BadRequest, await Status(http, "/customerpages/yesterday"));
    }

    // C34
    [Fact]
    public async Task A_poison_event_is_parked_its_followers_are_shown_and_a_redrive_completes_it()
    {
        var order = Placed("poisoned");
        var id = Guid.CreateVersion7();
        await service.Broker.PublishRaw(
            Topics.Orders, order.Key, "{ not an order", ("ce_id", id.ToString()), ("ce_type", OrderPlaced.Type),
            ("ce_sequence", "1"), ("ce_time", $"{Now:O}"));
        await service.Broker.Publish(
            new OrderCancelled(order.OrderId, "poisoned", Now, CancelReason.Customer, order.ProductId, 1), sequence: 2);

        await service.Page(
            "poisoned", order.OrderId, p => p.OrderStatus == OrderStatus.Cancelled);
        using var staff = service.Operator();
        Assert.Equal((0, 1), await Redrive(staff));
        string letter = (await service.Redis.HashGetAsync("dead-letters", id.ToString()))!;
        Assert.Contains("JsonException", letter, StringComparison.Ordinal);

        var mended = JsonSerializer.Deserialize<DeadLetter>(letter)!;
        await service.Redis.HashSetAsync("dead-letters", id.ToString(), letter.Replace(
            Convert.ToBase64String(mended.Payload),
            Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(order, EventJson.Options))));
        Assert.Equal((1, 0), await Redrive(staff));
        Assert.Equal((0, 0), await Redrive(staff));
        foreach (var (letterId, expected) in new[] { (id, HttpStatusCode.OK), (
            Guid.NewGuid(), HttpStatusCode.NotFound) })
        {
            using var again = await staff.PostAsync($"/internal/dead-letters/{letterId}/redrive", null);
            Assert.Equal(expected, again.StatusCode);
        }

        var page = await service.Page("poisoned", order.OrderId);
        Assert.Equal((OrderStatus.Cancelled, 30_000m, 2), (page.OrderStatus, page.Amount!.Value, page.Timeline.Count));
    }

    async Task<Guid> Shown(string customer)
    {
        var order = Placed(customer);
        await service.Broker.Publish(order);
        await service.Page(customer, order.OrderId);
        return order.OrderId;
    }

    internal static OrderPlaced Placed(string customer) => new(
        Guid.CreateVersion7(), customer, Now, Guid.CreateVersion7(), "Ioniq 5", 1,
        [new(Guid.CreateVersion7(), "12가3456")], 1, 2, 15_000, 30_000, Guid.CreateVersion7(), "Seoul");

    static async Task<(int, int)> Redrive(HttpClient http)
    {
        using var answer = await http.PostAsync("/internal/events/redrive", null);
        var counts = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return (counts.GetProperty("redriven").GetInt32(), counts.GetProperty("failed").GetInt32());
    }

    static async Task<HttpStatusCode> Status(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }

    static async Task<Page<CustomerPageDto>> List(HttpClient http, string path) =>
        (await http.GetFromJsonAsync<Page<CustomerPageDto>>(path, ApiJson.Options))!;
}
