using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;

namespace CarShare.ServiceTests.CustomerPages;

/// <summary>What the view makes of the same events in every order, twice, and with holes.</summary>
public sealed class MergeTests(RedisView view) : IClassFixture<RedisView>
{
    // TRAPS C3, C12, C14, D11: no order of arrival loses anything or fails.
    [Theory]
    [InlineData("a rental")]
    [InlineData("pay later, then cancel")]
    [InlineData("shortage after a replacement")]
    public async Task Every_order_of_a_storys_events_ends_in_the_same_page(string which)
    {
        string? expected = null;
        var count = 0;
        foreach (var order in Permutations(Tell(which, "alice").Events.Count))
        {
            var story = Tell(which, $"alice-{which}-{count++ / 40}");
            await view.Tell(order.Select(i => story.Events[i]));
            var page = Anonymous(await view.Json(story.Customer, story.Order), story);
            expected ??= page;
            Assert.Equal(expected, page);
        }

        Assert.Equal(720, count);
    }

    [Fact]
    public async Task The_whole_page_is_told()
    {
        var story = new Story("bob").Placed().Approved().Preparing().Dispatched().Delivered().InUse();
        var stock = Story.Received(
            new ProductChanged(story.Product, DateTimeOffset.UtcNow, "Ioniq", 15_000, 5, 4, 7), 1);
        var older = Story.Received(
            new ProductRegistered(story.Product, DateTimeOffset.UtcNow, "Ioniq", 15_000, 5, 5, 6), 2);
        await view.Tell([.. story.Events, stock, older]);

        var page = Parse(await view.Json("bob", story.Order));

        Assert.Equal((story.Order, "bob", (Guid?)story.Product), (page.OrderId, page.CustomerId, page.ProductId));
        Assert.Equal((OrderStatus.InUse, PaymentStatus.Approved, DeliveryStatus.Delivered), (
            page.OrderStatus, page.PaymentStatus!.Value, page.DeliveryStatus!.Value));
        Assert.Equal(("Ioniq \"5\"", 1, 30_000m, 4), (
            page.ModelName!, page.Quantity!.Value, page.Amount!.Value, page.RemainingStock!.Value));
        Assert.Equal([story.First], page.Vehicles);
        Assert.Equal(story.Events[4].OccurredAt, page.DeliveredAt);
        Assert.NotNull(page.ReturnBy);
        Assert.Equal(
            [
                "order.placed", "payment.approved",
                "delivery.preparing", "delivery.dispatched", "delivery.delivered", "order.progressed",
            ], page.Timeline.Select(line => line.Event));
        Assert.Equal(story.Events.Select(e => e.OccurredAt), page.Timeline.Select(line => line.At));
    }

    [Fact]
    public async Task Events_told_again_change_not_a_byte()
    {
        var story = new Story("carol").AwaitingPayment().Declined().Approved().Placed().Reassigned().Shortage()
            .Cancelled().Refunded();
        Assert.Equal(story.Events.Count, await view.Tell(story.Events));
        var before = await view.Dump();

        Assert.Equal(0, await view.Tell(story.Events));
        Assert.Equal(0, await view.Tell(story.Events.Reverse()));
        foreach (var told in story.Events) Assert.Equal(0, await view.Tell(told));

        Assert.Equal(before, await view.Dump());
    }

    // TRAPS C12: a cancelled rental never goes back to an earlier state.
    [Fact]
    public async Task Cancelled_before_placed_stays_cancelled_and_still_learns_the_facts()
    {
        var story = new Story("dave").Placed().Preparing().Cancelled();
        await view.Tell(story.Events[2]);
        await view.Tell(story.Events[0]);

        var page = Parse(await view.Json("dave", story.Order));
        Assert.Equal(OrderStatus.Cancelled, page.OrderStatus);
        Assert.Equal(("Ioniq \"5\"", 30_000m), (page.ModelName!, page.Amount!.Value));
        Assert.Equal(["order.placed", "order.cancelled"], page.Timeline.Select(line => line.Event));
    }

    [Fact]
    public async Task Cars_reassigned_before_the_customer_is_known_wait_for_the_page()
    {
        var story = new Story("erin").Placed().Reassigned().Shortage();
        await view.Tell(story.Events[2], story.Events[1]);
        Assert.Null(await view.Reader.One(null, story.Order, default));
        await view.Tell(story.Events[0]);

        var page = Parse(await view.Json("erin", story.Order));
        Assert.Equal([story.Second], page.Vehicles);
        Assert.Equal(
            ["order.placed", "vehicle.reassigned", "stock.shortage"], page.Timeline.Select(line => line.Event));
        Assert.Equal(
            ["customer"], (await view.Database.HashKeysAsync($"order:{story.Order}")).Select(name => name.ToString()));
    }

    [Fact]
    public async Task An_order_that_never_was_placed_shows_the_name_of_its_product()
    {
        var story = new Story("frank").AwaitingPayment();
        await view.Tell(story.Events);
        Assert.Null(Parse(await view.Json("frank", story.Order)).ModelName);
        await view.Tell(
            Story.Received(new ProductRegistered(story.Product, DateTimeOffset.UtcNow, "Kona", 9_000, 1, 1, 1), 1));

        Assert.Equal("Kona", Parse(await view.Json("frank", story.Order)).ModelName);
    }

    [Theory]
    [InlineData("a}b{c")]
    [InlineData("한글 고객 \"인용\" \\ /")]
    [InlineData("*?[x]")]
    public async Task Any_customer_id_has_pages_of_its_own(string customer)
    {
        var story = new Story(customer).Placed();
        await view.Tell(story.Events);

        Assert.Equal(customer, Parse(await view.Json(customer, story.Order)).CustomerId);
        Assert.Single(await view.Reader.Newest(customer, null, 20, default));
    }

    static CustomerPageDto Parse(string json) => JsonSerializer.Deserialize<CustomerPageDto>(json, EventJson.Options)!;

    static Story Tell(string which, string customer) => which switch
    {
        "a rental" => new Story(customer).Placed().Approved().Preparing().Delivered().InUse().Returned(),
        "pay later, then cancel" =>
            new Story(customer).AwaitingPayment().Declined().Approved().Placed().Cancelled().Refunded(),
        _ => new Story(customer).Placed().Preparing().Reassigned().Shortage().Cancelled().DeliveryCancelled(),
    };

    static string Anonymous(string page, Story story) => page.Replace(story.Order.ToString(), "order")
        .Replace(story.Product.ToString(), "product").Replace(story.Customer, "customer")
        .Replace(story.First.VehicleId.ToString(), "first").Replace(story.Second.VehicleId.ToString(), "second");

    static IEnumerable<int[]> Permutations(int count) => count == 0
        ? [[]]
        : Permutations(count - 1).SelectMany(
            shorter => Enumerable.Range(0, count).Select(at => (int[])[.. shorter[..at], count - 1, .. shorter[at..]]));
}
