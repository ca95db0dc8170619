using System.Net;
using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Notifications.NotificationsFixture;

namespace CarShare.ServiceTests.Notifications;

public sealed class InboxTests(NotificationsFixture notifications) : IClassFixture<NotificationsFixture>
{
    [Fact]
    public async Task Every_change_of_an_order_payment_or_delivery_is_told_once()
    {
        var (customer, order, id, now) =
            (Somebody(), Guid.CreateVersion7(), Guid.CreateVersion7(), DateTimeOffset.UtcNow);
        var broker = notifications.Broker;
        await broker.Publish(new OrderPlaced(
            order, customer, now, id, "Ioniq 5", 1, [new(id, "12가3456")], 1, 3, 8_000, 24_000, id, "Seoul"));
        await broker.Publish(new OrderAwaitingPayment(order, customer, now, 24_000, now, id, 1));
        await broker.Publish(new OrderProgressed(order, customer, now, OrderStatus.Preparing, null));
        await broker.Publish(new OrderRejected(order, customer, now, "out-of-stock", id, 1));
        await broker.Publish(new OrderCancelled(order, customer, now, CancelReason.Customer, id, 1));
        await broker.Publish(new OrderReturned(order, customer, now, now, "Busan", 0, 0));
        await broker.Publish(new PaymentApproved(order, customer, now, id, 24_000));
        await broker.Publish(new PaymentDeclined(order, customer, now, 24_000, "balance"));
        await broker.Publish(new PaymentRefunded(order, customer, now, id, 24_000));
        await broker.Publish(new UsageBilled(order, customer, now, 8_000, 1, 0));
        await broker.Publish(new DepositCredited(customer, now, 50_000, 50_000));
        await broker.Publish(new VehicleReassigned(order, now, [new(id, "65바4321")], 2));
        await broker.Publish(new DeliveryPreparing(order, customer, now, id, "Seoul", [], now));
        await broker.Publish(new DeliveryDispatched(order, customer, now, id, "Seoul", [], now));
        await broker.Publish(new DeliveryDelivered(order, customer, now, id, "Seoul", [], now));
        await broker.Publish(new DeliveryCancelled(order, customer, now, id, "Seoul", [], now));
        await broker.Publish(new DeliveryRetrieving(order, customer, now, id, "Seoul", [], now));
        await broker.Publish(new DeliveryRetrieved(order, customer, now, id, "Seoul", [], now));

        string[] kinds =
        [
            "order.placed", "order.awaitingpayment", "order.rejected", "order.cancelled", "order.returned",
            "payment.approved", "payment.declined", "payment.refunded", "usage.billed",
            "vehicle.reassigned", "deposit.credited", "delivery.preparing", "delivery.dispatched", "delivery.delivered",
            "delivery.cancelled", "delivery.retrieving", "delivery.retrieved",
        ];
        await Eventually.Holds("all are told", async () => (await notifications.Inbox(customer)).Count >= kinds.Length);
        var told = await notifications.Inbox(customer);
        Assert.Equal(kinds.Order(), told.Select(n => n.Kind).Order());
        Assert.All(told, n => Assert.Equal(n.Kind == "deposit.credited" ? null : order, n.OrderId));
        Assert.All(told, n => Assert.Contains(n.Channels, c => c is { Name: "inbox", Status: "Sent", Attempts: 1 }));
    }

    [Theory] // F12
    [InlineData(1, 2, true, 1)]
    [InlineData(1, 2, false, 1)]
    [InlineData(3, 2, true, 0)]
    [InlineData(3, 2, false, 0)]
    public async Task A_replaced_car_is_told_once_and_only_to_whom_the_old_one_was_promised(
        int placed, int replaced, bool orderFirst, int told)
    {
        var (customer, order, id, now) =
            (Somebody(), Guid.CreateVersion7(), Guid.CreateVersion7(), DateTimeOffset.UtcNow);
        var promised = new OrderPlaced(
            order, customer, now, id, "Niro", 1, [new(id, "11나1111")], placed, 3, 8_000, 24_000, id, "Seoul");
        var other = new VehicleReassigned(order, now, [new(id, "22다2222")], replaced);
        if (orderFirst) await Handled(await notifications.Broker.Publish(promised));
        await Handled(await notifications.Broker.Publish(other));
        await Handled(await notifications.Broker.Publish(other));
        if (!orderFirst) await Handled(await notifications.Broker.Publish(promised));

        var news = (await notifications.Inbox(customer, "&language=en"))
            .Where(n => n.Kind == "vehicle.reassigned").ToList();
        Assert.Equal(told, news.Count);
        if (told > 0) Assert.Equal((order, "Another car takes over: 22다2222."), (news[0].OrderId, news[0].Text));
    }

    [Fact] // F12
    public async Task Mail_goes_to_the_address_given_with_the_latest_order()
    {
        var (customer, now) = (Somebody(), DateTimeOffset.UtcNow);
        foreach (var address in new[] { "first@mail.test", "latest@mail.test" })
        {
            var id = Guid.CreateVersion7();
            await Handled(await notifications.Broker.Publish(new OrderPlaced(
                id, customer, now, id, "Ray", 1, [new(id, "33라3333")], 1, 3, 8_000, 24_000, id, "Seoul",
                new("Yun", "010", address))));
        }

        var payment = Payment(customer);
        await notifications.Broker.Publish(payment);
        await Eventually.Holds("the last mail is there", async () => (await notifications.Inbox(customer)).Any(
            n => n.OrderId == payment.OrderId && n.Channels.Any(c => c is { Name: "smtp", Status: "Sent" })));
        Assert.Contains(notifications.Smtp.Mails, mail => mail.To == "latest@mail.test");
        Assert.DoesNotContain(notifications.Smtp.Mails, mail => mail.To == $"{customer}@customers.test");
    }

    [Fact]
    public async Task Operators_read_the_messages_of_whom_they_name_and_customers_their_own_only()
    {
        var (customer, other) = (Somebody(), Somebody());
        await Handled(await notifications.Broker.Publish(Payment(customer)));
        using var staff = notifications.Operator();
        var read = await staff.GetFromJsonAsync<Page<NotificationDto>>(
            $"/notifications?customerId={customer}&language=en", ApiJson.Options);
        Assert.Equal(
            ("payment.approved", "en"), Assert.Single(read!.Items) is var told ? (told.Kind, told.Language) : default);
        Assert.Equal(HttpStatusCode.BadRequest, (await staff.GetAsync("/notifications")).StatusCode);
        using var stranger = notifications.As(other);
        Assert.Equal(
            HttpStatusCode.NotFound, (await stranger.GetAsync($"/notifications?customerId={customer}")).StatusCode);
    }

    Task Handled(Guid id) => notifications.AllHandled([id]);

    [Fact] // C17
    public async Task The_same_event_told_again_is_one_notification_even_when_the_inbox_forgot_it()
    {
        var (customer, payment) = (Somebody(), Payment("x"));
        payment = payment with { CustomerId = customer };
        var id = await notifications.Broker.Publish(payment);
        await Eventually.Holds("it is told", async () => (await notifications.Inbox(customer)).Count == 1);
        await notifications.Query(db => db.Set<InboxMessage>().Where(m => m.Id == id).ExecuteDeleteAsync());

        await notifications.Broker.Publish(payment, id);
        await Eventually.Holds("the repetition is handled", () =>
            notifications.Query(db => db.Set<InboxMessage>().AnyAsync(m => m.Id == id)));

        Assert.Single(await notifications.Inbox(customer));
        Assert.Empty(await notifications.Query(db => db.Set<DeadLetter>().ToListAsync()));
    }

    [Fact]
    public async Task Customers_read_their_own_notifications_in_their_language()
    {
        var (alice, bob) = (Somebody(), Somebody());
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++) ids.Add(await notifications.Broker.Publish(Payment(alice)));
        await notifications.Broker.Publish(Payment(bob));
        await Eventually.Holds("all are told", async () =>
            (await notifications.Inbox(alice)).Count == 3 && (await notifications.Inbox(bob)).Count == 1);

        using var http = notifications.As(alice);
        var first = await http.GetFromJsonAsync<Page<NotificationDto>>("/notifications?limit=2", ApiJson.Options);
        var rest = await http.GetFromJsonAsync<Page<NotificationDto>>(
            $"/notifications?limit=2&after={first!.Next}", ApiJson.Options);
        Assert.Equal(ids.Order().Reverse(), first.Items.Concat(rest!.Items).Select(n => n.NotificationId));
        Assert.All(first.Items, n => Assert.True(n.Language == "ko" && n.Text.Contains("24,000원")));
        Assert.All(await notifications.Inbox(alice, "&language=en"), n =>
            Assert.True(n.Language == "en" && n.Text.Contains("KRW 24,000")));

        http.DefaultRequestHeaders.Add("Accept-Language", "en-US,en;q=0.9,ko;q=0.8");
        Assert.Equal("en",
            (await http.GetFromJsonAsync<Page<NotificationDto>>("/notifications", ApiJson.Options))!.Items[0].Language);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/notifications?language=fr")).StatusCode);
        using var anonymous = notifications.Anonymous();
        Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.GetAsync("/notifications")).StatusCode);
        using var staff = notifications.Operator();
        Assert.Equal(HttpStatusCode.BadRequest, (await staff.GetAsync("/notifications")).StatusCode);
    }

    [Fact]
    public async Task A_mail_goes_to_the_customer_in_both_languages_with_the_notification_as_its_id()
    {
        var customer = Somebody();
        await notifications.Broker.Publish(Payment(customer));
        var told = await notifications.Reaches(customer, "smtp", "Sent");

        var mail = Assert.Single(notifications.Smtp.Mails, m => m.To == $"{customer}@customers.test");
        Assert.Equal("office@carshare.test", mail.From);
        Assert.Equal($"<{told.NotificationId}@carshare>", mail.MessageId);
        Assert.Contains("24,000원", mail.Text);
        Assert.Contains("KRW 24,000", mail.Text);
    }

    [Fact]
    public async Task A_refused_mail_is_tried_again_under_the_same_id_until_it_is_taken()
    {
        var (customer, refusals) = (Somebody(), 0);
        notifications.Smtp.Answer = to => to.StartsWith(customer, StringComparison.Ordinal)
            && Interlocked.Increment(ref refusals) <= 2 ? "451 later" : "250 OK";
        await notifications.Broker.Publish(Payment(customer));
        var told = await notifications.Reaches(customer, "smtp", "Sent");

        // At least once: on a busy machine an attempt may also run out of time.
        Assert.InRange(told.Channels.Single(c => c.Name == "smtp").Attempts, 3, 20);
        var mails = notifications.Smtp.Mails.Where(m => m.To.StartsWith(customer, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(mails);
        Assert.All(mails, mail => Assert.Equal($"<{told.NotificationId}@carshare>", mail.MessageId));
    }

    [Fact]
    public async Task A_customer_without_a_mail_address_fails_that_channel_alone_and_at_once()
    {
        var customer = $"two words {Guid.NewGuid():N}";
        await notifications.Broker.Publish(Payment(customer));
        await notifications.Reaches(customer, "webhook", "Sent");
        var told = await notifications.Reaches(customer, "smtp", "Failed");

        Assert.Equal(1, told.Channels.Single(c => c.Name == "smtp").Attempts);
    }

    [Fact]
    public async Task A_webhook_gets_each_notification_under_one_key_and_is_given_up_after_the_last_attempt()
    {
        var (customer, good, bad) = (Somebody(), Payment(""), Payment(""));
        notifications.Webhook.Answer = body =>
            body.GetProperty("orderId").ValueKind != System.Text.Json.JsonValueKind.Null
                && body.GetProperty("orderId").GetGuid() == bad.OrderId ? 500 : 204;
        await notifications.Broker.Publish(good with { CustomerId = customer });
        await notifications.Broker.Publish(bad with { CustomerId = customer });
        var sent = await notifications.Reaches(customer, "webhook", "Sent");
        var failed = await notifications.Reaches(customer, "webhook", "Failed");

        var (key, body) = Assert.Single(notifications.Webhook.CallsAbout(good.OrderId));
        Assert.Equal(sent.NotificationId.ToString(), key);
        Assert.Equal((customer, "payment.approved"), (
            body.GetProperty("customerId").GetString(), body.GetProperty("kind").GetString()));
        Assert.Contains("24,000원", body.GetProperty("text").GetProperty("ko").GetString());
        Assert.Equal(Enumerable.Repeat(failed.NotificationId.ToString(), 6),
            notifications.Webhook.CallsAbout(bad.OrderId).Select(call => call.Key));
        Assert.Equal(6, failed.Channels.Single(c => c.Name == "webhook").Attempts);
    }

    [Fact]
    public async Task A_mail_server_that_says_nothing_holds_up_neither_webhook_nor_inbox_and_gets_its_mails_later()
    {
        notifications.Smtp.Silent = true;
        var customer = Somebody();
        foreach (var _ in Enumerable.Range(0, 20)) await notifications.Broker.Publish(Payment(customer));
        await Eventually.Holds("all webhooks are told", async () =>
            (await notifications.Inbox(customer)).Count(
                n => n.Channels.Any(c => c is { Name: "webhook", Status: "Sent" })) == 20, TimeSpan.FromSeconds(5));
        Assert.DoesNotContain(
            await notifications.Inbox(customer), n => n.Channels.Any(c => c is { Name: "smtp", Status: "Sent" }));

        notifications.Smtp.Silent = false;
        await Eventually.Holds("all mails arrive", async () =>
            (await notifications.Inbox(customer))
                .Count(n => n.Channels.Any(c => c is { Name: "smtp", Status: "Sent" })) == 20);
        var mails = notifications.Smtp.Mails.Where(m => m.To.StartsWith(customer, StringComparison.Ordinal)).ToList();
        Assert.Equal(20, mails.Select(m => m.MessageId).Distinct().Count());
    }
}
