using System.Text.Json;
using CarShare.Contracts;
using CarShare.CustomerPages.Data;
using CarShare.Messaging;
using StackExchange.Redis;

namespace CarShare.ServiceTests.CustomerPages;

/// <summary>What a page and a customer show, and that all of it comes from events, whatever is missing.</summary>
public sealed class DocumentTests(RedisView view) : IClassFixture<RedisView>
{
    static readonly DateTimeOffset At = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);
    static readonly Contact Ha = new("Ha Neul Kim", "010-2345-6789", "neul@example.org");

    // F9 F12 F14
    [Fact]
    public async Task A_page_tells_place_time_price_contact_shipper_and_bill()
    {
        var rental = new Rental("grace");
        await view.Tell(rental.Whole);

        var page = await Page("grace", rental.Order);
        Assert.Equal(("7 Haeundae-ro, Busan", 3, 8_000m, Ha),
            (page.DeliveryAddress, page.Hours, page.HourlyRate, page.Contact));
        Assert.Equal([new VehicleRef(rental.Car, "31다4567", "Busan Depot")], page.Vehicles);
        Assert.Equal(("Haeundae Riders", At.AddHours(9)), (page.Shipper, page.ReturnedAt));
        Assert.Equal((2, 16_000m, 6_000m), (page.LateHours, page.LateFee, page.Owed));
        Assert.Null(page.Refunded);
        Assert.Equal("KRW 16,000 billed for 2 hours of delay; KRW 6,000 is owed.",
            page.Timeline.Single(line => line.Event == "usage.billed").Text);

        await view.Tell(Story.Received(new DepositCredited("grace", At.AddDays(1), 50_000, 44_000, 0), 9));
        Assert.Equal((0m, 16_000m), await Page("grace", rental.Order) is var paid
            ? (paid.Owed!.Value, paid.LateFee!.Value) : default);
    }

    [Fact]
    public async Task A_cancelled_or_rejected_order_shows_why_and_what_was_given_back()
    {
        var cancelled = new Story("heidi").Placed().Approved().Cancelled().Refunded();
        await view.Tell(cancelled.Events);
        var page = await Page("heidi", cancelled.Order);
        Assert.Equal(("Customer", 30_000m, (decimal?)null), (page.Reason, page.Refunded, page.LateFee));

        var rejected = Guid.CreateVersion7();
        await view.Tell(Story.Received(
            new OrderRejected(rejected, "heidi", At, "too-many-open-cars", Guid.CreateVersion7(), 4), 5));
        Assert.Equal((OrderStatus.Rejected, "too-many-open-cars"), await Page("heidi", rejected) is var none
            ? (none.OrderStatus, none.Reason) : default);
    }

    [Fact]
    public async Task An_order_that_orders_has_not_announced_is_on_no_page()
    {
        var story = new Story("ivan").Placed().Approved().Preparing().Delivered().Reassigned();
        await view.Tell(story.Events.Skip(1));
        Assert.Null(await view.Reader.One("ivan", story.Order, default));
        Assert.Null(await view.Reader.One(null, story.Order, default));
        Assert.Empty(await view.Reader.Newest("ivan", null, 20, default));
        Assert.Null(await view.Reader.Customer("ivan", default));

        await view.Tell(story.Events[0]);
        var page = await Page("ivan", story.Order);
        Assert.Equal((OrderStatus.Placed, PaymentStatus.Approved, 5),
            (page.OrderStatus, page.PaymentStatus!.Value, page.Timeline.Count));
        Assert.Equal([story.Second], page.Vehicles);
        Assert.Single(await view.Reader.Newest("ivan", null, 20, default));
    }

    [Fact]
    public async Task Whatever_is_missing_is_written_when_the_events_are_told_again()
    {
        var (rental, other) = (new Rental("judy"), new Story("judy").Placed().Approved().Cancelled().Refunded());
        IReadOnlyList<ReceivedEvent> events = [.. rental.Whole, .. other.Events];
        await view.Tell(events);
        var before = await view.Contents();
        async Task Mended(string what)
        {
            await view.Tell(events);
            Assert.True(before.SequenceEqual(await view.Contents()), $"{what} is not as it was");
        }

        foreach (var key in before.Keys.Where(key => key.Contains("judy") || key.Contains($"{other.Order}")
            || key.StartsWith("customers", StringComparison.Ordinal)))
        {
            if (key is "customers" or "customers:words")
            {
                foreach (var member in (await view.Database.SortedSetRangeByRankAsync(key))
                    .Where(member => $"{member}".EndsWith("judy", StringComparison.Ordinal)))
                {
                    await view.Database.SortedSetRemoveAsync(key, member);
                    await Mended($"{key} {member}");
                }
            }
            else
            {
                if (key.StartsWith("page:", StringComparison.Ordinal))
                {
                    foreach (var field in await view.Database.HashKeysAsync(key))
                    {
                        await view.Database.HashDeleteAsync(key, field);
                        await Mended($"{key} {field}");
                    }
                }

                await view.Database.KeyDeleteAsync(key);
                await Mended(key);
            }
        }
    }

    [Fact] // F16
    public async Task A_customer_is_found_by_the_beginning_of_id_name_phone_or_mail()
    {
        await view.Tell(new Rental("Zoe-7").Whole);
        await view.Tell(new Rental("zora") { Contact = new("Park Min", "+82 10 7777 1234") }.Whole);
        foreach (var typed in new[] { "ha neul", "neul", "kim", "01023456789", "neul@exam", "zoe-7" }) Assert.Contains(
            "Zoe-7", await Found(typed));
        Assert.Equal(["Zoe-7", "zora"], await Found("zo"));
        Assert.Equal(["zora"], await Found("park"));
        Assert.Equal(["zora"], await Found("8210777"));
        Assert.Empty(await Found("min7"));
        Assert.Equal(["zora"], (await view.Reader.Find("zo", "Zoe-7", 10, default)).Select(c => c.CustomerId));
        Assert.Equal(["Zoe-7", "zora"], (await view.Reader.Find("", "Z", 100, default)).Select(c => c.CustomerId)
            .Where(id => id is "Zoe-7" or "zora"));

        var customer = (await view.Reader.Customer("Zoe-7", default))!;
        Assert.Equal((Ha, "0", "6000"),
            (JsonSerializer.Deserialize<Contact>(customer.Contact, EventJson.Options), customer.Balance,
            customer.Owed));
    }

    [Fact]
    public async Task A_search_goes_on_until_everybody_it_is_about_was_shown()
    {
        // As the view lists them, and each by two words; with an event for each this would take a minute.
        var everybody = Enumerable.Range(0, 1_700).Select(i => $"Quinn-{i * 7919 % 1_700:D4}").ToList();
        foreach (var part in everybody.Chunk(200))
        {
            await view.Database.SortedSetAddAsync(
                "customers", [.. part.Select(id => new SortedSetEntry(id, 0))]);
            await view.Database.SortedSetAddAsync("customers:words", [.. part.SelectMany(id => new[]
            {
                new SortedSetEntry($"{id.ToLowerInvariant()}\u001f{id}", 0),
                new SortedSetEntry($"qu{id[^1]}\u001f{id}", 0),
            })]);
        }

        var (found, after) = (new List<string>(), "");
        while ((await view.Reader.Find("qu", after, 100, default)) is { Count: > 0 } some)
        {
            found.AddRange(some.Select(customer => customer.CustomerId));
            after = found[^1];
        }

        Assert.Equal(everybody.Order(StringComparer.Ordinal), found);
    }

    [Fact]
    public async Task The_latest_contact_and_deposit_of_a_customer_win_in_every_order_of_events()
    {
        var (first, second) = (new Rental("kate"),
            new Rental("kate") { Contact = new("Kate", "02-555-0000"), From = 100 });
        await view.Tell(second.Whole.Reverse());
        await view.Tell(first.Whole);
        var customer = (await view.Reader.Customer("kate", default))!;
        Assert.Equal("02-555-0000", JsonSerializer.Deserialize<Contact>(customer.Contact, EventJson.Options)!.Phone);
        Assert.Empty(await view.Reader.Open("kate", 10, default));

        var open = new Story("kate").Placed();
        await view.Tell(open.Events);
        Assert.Equal($"{open.Order}", Assert.Single(await view.Reader.Open("kate", 10, default)).OrderId);
    }

    [Fact]
    public async Task The_deposit_is_what_was_told_last_less_what_was_paid_since_in_every_order_of_events()
    {
        Guid Id() => Guid.CreateVersion7();
        ReceivedEvent[] told =
        [
            Story.Received(new PaymentApproved(Id(), "lena", At, Id(), 700), 40),
            Story.Received(new DepositCredited("lena", At, 5_000, 9_300, 0), 41),
            Story.Received(new PaymentApproved(Id(), "lena", At, Id(), 1_000), 42),
            Story.Received(new PaymentRefunded(Id(), "lena", At, Id(), 1_000, 9_300, 0), 43),
            Story.Received(new PaymentApproved(Id(), "lena", At, Id(), 2_000), 44),
            Story.Received(new PaymentApproved(Id(), "lena", At, Id(), 300), 45),
            Story.Received(new OrderRejected(Id(), "lena", At, "out-of-stock", Id(), 1), 46),
        ];
        foreach (var order in new[] { told, [.. told.Reverse()], [.. told.OrderBy(e => e.Id.GetHashCode())], told })
        {
            await view.Tell(order);
            var customer = (await view.Reader.Customer("lena", default))!;
            Assert.Equal(("7000", "0"), (customer.Balance, customer.Owed));
        }
    }

    async Task<IEnumerable<string>> Found(string typed) =>
        (await view.Reader.Find(CarShare.CustomerPages.Domain.CustomerWords.Sought(typed), "", 10, default))
            .Select(c => c.CustomerId);

    async Task<CustomerPageDto> Page(string customer, Guid order) =>
        JsonSerializer.Deserialize<CustomerPageDto>(await view.Json(customer, order), EventJson.Options)!;

    /// <summary>A rental from the order to the unpaid bill.</summary>
    sealed class Rental(string customer)
    {
        public Guid Order { get; } = Guid.CreateVersion7();

        public Guid Car { get; } = Guid.CreateVersion7();

        public Contact Contact { get; init; } = Ha;

        /// <summary>Its events carry the sequences behind this one.</summary>
        public long From { get; init; }

        public IReadOnlyList<ReceivedEvent> Whole => field ??= Events();

        ReceivedEvent[] Events()
        {
            const string address = "7 Haeundae-ro, Busan";
            var product = Guid.CreateVersion7();
            VehicleRef[] cars = [new(Car, "31다4567", "Busan Depot")];
            return
            [
                Story.Received(new OrderPlaced(
                    Order, customer, At, product, "Ray", 1, cars, 1, 3, 8_000, 24_000, Guid.CreateVersion7(), address,
                    Contact), From + 1),
                Story.Received(new PaymentApproved(Order, customer, At, Guid.CreateVersion7(), 24_000), From + 2),
                Story.Received(new DeliveryDispatched(Order, customer, At.AddHours(1), Order, address, cars,
                    At.AddHours(1), "Haeundae Riders"), From + 3),
                Story.Received(new DeliveryDelivered(Order, customer, At.AddHours(2), Order, address, cars,
                    At.AddHours(2), "Haeundae Riders"), From + 4),
                Story.Received(new OrderProgressed(Order, customer, At.AddHours(2), OrderStatus.InUse, At.AddHours(5)),
                    From + 5),
                Story.Received(new OrderReturned(Order, customer, At.AddHours(9), At.AddHours(9), "Ulsan", 2, 16_000),
                    From + 6),
                Story.Received(new UsageBilled(Order, customer, At.AddHours(9), 16_000, 2, 6_000, 0), From + 7),
            ];
        }
    }
}
