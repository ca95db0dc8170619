using System.Text;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.CustomerPages.Domain;
using CarShare.CustomerPages.Events;
using CarShare.Messaging;

namespace CarShare.UnitTests.CustomerPages;

public sealed class ProjectionTests
{
    static readonly Guid Order = Guid.CreateVersion7();
    static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // TRAPS C14: a handler exists for each, delivery.cancelled among them.
    [Fact]
    public void Every_event_of_the_contracts_is_shown()
    {
        var events = typeof(IEvent).Assembly.GetTypes().Where(
            type => type is { IsAbstract: false, IsInterface: false } && type.IsAssignableTo(typeof(IEvent))).ToList();
        Assert.True(events.Count >= 20);

        foreach (var type in events)
        {
            var name = (string)type.GetProperty("Type")!.GetValue(null)!;
            var told = EventReader.Read(Record(name, new
            {
                orderId = Order,
                productId = Order,
                customerId = "alice",
                occurredAt = Now,
                status = "InUse",
                at = Now,
            }));
            Assert.True(told is ProductChange or CustomerChange
                || told is PageChange change && $"carshare.{change.Event}.v1" == name, name);
        }
    }

    // TRAPS C4, C13: what another service says of itself never becomes the order's status.
    [Fact]
    public void A_status_comes_from_the_events_of_its_own_service_only()
    {
        var approved = Projection.Of(new PaymentApproved(Order, "alice", Now, Guid.NewGuid(), 1_000))!;
        var cancelled = Projection.Of(new DeliveryCancelled(Order, "alice", Now, Guid.NewGuid(), "Seoul", [], Now))!;
        var shortage = Projection.Of(new StockShortage(Order, Now, Guid.NewGuid(), Guid.NewGuid(), 1));

        Assert.Equal([Field.PaymentStatus, Field.Amount], Told(approved));
        Assert.Equal([Field.DeliveryStatus, Field.Vehicles, Field.DeliveryAddress], Told(cancelled));
        Assert.Empty(shortage.Facts);
    }

    [Fact]
    public void A_late_fee_is_not_the_amount_of_the_order()
    {
        var billed = Projection.Of(new UsageBilled(Order, "alice", Now, 5_000, 2, 3_000, 0))!;
        Assert.Equal([Field.LateHours, Field.LateFee, Field.Owed], Told(billed));
        Assert.Equal([Field.Balance, Field.Owed], billed.OfCustomer.Select(fact => fact.Field));
    }

    [Fact]
    public void Every_line_of_the_timeline_says_in_words_what_happened()
    {
        var types = typeof(IEvent).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(IEvent)));
        foreach (var name in types.Select(type => (string)type.GetProperty("Type")!.GetValue(null)!))
        {
            var told = EventReader.Read(Record(name, new
            {
                orderId = Order,
                productId = Order,
                customerId = "alice",
                occurredAt = Now,
                status = "InUse",
                at = Now,
                address = "Daegu",
                location = "Ulsan",
                reason = "Customer",
                modelName = "Ray",
                vehicles = Array.Empty<VehicleRef>(),
            }));
            if (told is PageChange change) Assert.EndsWith(".", change.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("010-9876-5432", "01098765432")]
    [InlineData("+82 (10) 9876", "82109876")]
    [InlineData(" Kim Ha", "kim ha")]
    [InlineData("김하늘", "김하늘")]
    [InlineData("-", "-")]
    public void A_customer_is_sought_as_people_type(string typed, string sought) =>
        Assert.Equal(sought, CustomerWords.Sought(typed));

    [Theory]
    [InlineData("{\"customerId\":\"alice\"}")]
    [InlineData("{\"orderId\":\"01890000-0000-7000-8000-000000000000\"}")]
    [InlineData("{\"orderId\":\"not an id\",\"customerId\":\"alice\"}")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("")]
    public void An_event_without_its_order_or_customer_is_refused_not_shown(string payload) =>
        Assert.Throws<JsonException>(() => EventReader.Read(Record("carshare.order.placed.v1", payload)));

    [Fact]
    public void A_type_nobody_knows_tells_nothing() =>
        Assert.Null(EventReader.Read(Record("carshare.order.painted.v1", "anything")));

    [Fact]
    public void Members_that_are_new_pass()
    {
        var told = EventReader.Read(Record("carshare.order.returned.v1",
            new { orderId = Order, customerId = "alice", occurredAt = Now, mood = "good" }));
        Assert.Equal(Order, Assert.IsType<PageChange>(told).OrderId);
    }

    static IEnumerable<Field> Told(PageChange change) =>
        change.Facts.Where(fact => fact.Value is not null).Select(fact => fact.Field);

    static ReceivedEvent Record(string type, object payload) =>
        Record(type, JsonSerializer.Serialize(payload, EventJson.Options));

    static ReceivedEvent Record(string type, string payload) =>
        new(Guid.CreateVersion7(), type, 1, Now, Topics.Orders, 0, 0, Order.ToString(),
            Encoding.UTF8.GetBytes(payload), null);
}
