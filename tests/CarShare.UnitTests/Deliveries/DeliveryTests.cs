using CarShare.Contracts;
using CarShare.Deliveries.Domain;

namespace CarShare.UnitTests.Deliveries;

public sealed class DeliveryTests
{
    static readonly DateTimeOffset Noon = new(2030, 5, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly VehicleRef Car = new(Guid.CreateVersion7(), "12가3456");
    static readonly VehicleRef Spare = new(Guid.CreateVersion7(), "34나5678");

    [Fact]
    public void A_placed_order_is_prepared_once()
    {
        var delivery = new Delivery(Guid.CreateVersion7());

        Assert.True(delivery.Prepare("alice", "Seoul", [Car], 1, Noon));
        var id = delivery.DeliveryId;
        Assert.False(delivery.Prepare("alice", "Seoul", [Car], 1, Noon.AddHours(1)));

        Assert.Equal((id, DeliveryStatus.Preparing, Noon), (delivery.DeliveryId, delivery.Status, delivery.ChangedAt));
        Assert.Single(delivery.History);
    }

    [Fact] // C11: the cancellation overtakes the order
    public void An_order_cancelled_before_it_is_placed_is_never_prepared()
    {
        var delivery = new Delivery(Guid.CreateVersion7());

        Assert.False(delivery.Cancel(Noon));
        Assert.False(delivery.Prepare("alice", "Seoul", [Car], 1, Noon));

        Assert.Null(delivery.Status);
        Assert.Equal(Noon, delivery.ClosedAt);
    }

    [Theory] // C10: what a cancellation does depends on where the car is
    [InlineData(DeliveryStatus.Preparing, DeliveryStatus.Cancelled)]
    [InlineData(DeliveryStatus.Dispatched, DeliveryStatus.Retrieving)]
    [InlineData(DeliveryStatus.Delivered, DeliveryStatus.Retrieving)]
    public void Cancelling_stops_what_has_not_left_and_fetches_back_what_has(
        DeliveryStatus before, DeliveryStatus after)
    {
        var delivery = In(before);

        Assert.True(delivery.Cancel(Noon.AddHours(1)));

        Assert.Equal(after, delivery.Status);
        Assert.Equal(after, delivery.History[^1].Status);
    }

    [Theory] // D9: one cancellation, one retrieval
    [InlineData(DeliveryStatus.Preparing)]
    [InlineData(DeliveryStatus.Dispatched)]
    [InlineData(DeliveryStatus.Delivered)]
    [InlineData(DeliveryStatus.Retrieved)]
    public void A_second_cancellation_changes_nothing(DeliveryStatus before)
    {
        var delivery = In(before);
        delivery.Cancel(Noon);
        var (status, steps) = (delivery.Status, delivery.History.Count);

        Assert.False(delivery.Cancel(Noon.AddHours(1)));

        Assert.Equal((status, steps), (delivery.Status, delivery.History.Count));
    }

    [Fact]
    public void Each_step_is_taken_from_the_one_status_it_belongs_to()
    {
        foreach (var status in Enum.GetValues<DeliveryStatus>())
        {
            Assert.Equal(status == DeliveryStatus.Preparing, In(status).Dispatch(true, "Riders", Noon) is null);
            Assert.Equal(status == DeliveryStatus.Dispatched, In(status).Complete(Noon) is null);
            Assert.Equal(status == DeliveryStatus.Retrieving, In(status).Retrieved(Noon) is null);
        }

        var refusal = In(DeliveryStatus.Delivered).Dispatch(hasItsCars: false, "Riders", Noon);
        Assert.Equal("wrong-status", refusal?.Code);
        Assert.Equal(
            "Only a delivery that is Preparing becomes Dispatched; this one is Delivered.", refusal?.Sentence);
    }

    [Fact]
    public void A_car_that_another_delivery_still_has_is_not_dispatched()
    {
        var delivery = In(DeliveryStatus.Preparing);

        var refusal = delivery.Dispatch(hasItsCars: false, "Riders", Noon);
        Assert.Equal("vehicle-in-retrieval", refusal?.Code);
        Assert.Equal("A car of this delivery is not back yet from the delivery before.", refusal?.Sentence);
        Assert.Equal(DeliveryStatus.Preparing, delivery.Status);
    }

    [Fact]
    public void The_highest_revision_of_the_cars_wins_in_whatever_order_it_comes()
    {
        var early = new Delivery(Guid.CreateVersion7());
        early.Reassign([Spare], 2);
        early.Prepare("alice", "Seoul", [Car], 1, Noon);
        Assert.Equal([Spare], early.Vehicles);

        var late = In(DeliveryStatus.Preparing);
        Assert.True(late.Reassign([Spare], 3));
        Assert.False(late.Reassign([Car], 3));
        Assert.False(late.Reassign([Car], 2));
        Assert.Equal([Spare], late.Vehicles);
        Assert.Equal(3, late.Revision);
    }

    [Fact]
    public void The_order_itself_names_its_cars_also_where_that_revision_was_heard_of()
    {
        var delivery = new Delivery(Guid.CreateVersion7());
        delivery.Reassign([], 2);
        delivery.Prepare("alice", "Seoul", [Car], 2, Noon);
        Assert.Equal([Car], delivery.Vehicles);
    }

    [Fact]
    public void Cars_are_under_way_from_the_departure_until_they_are_back()
    {
        DeliveryStatus[] away = [DeliveryStatus.Dispatched, DeliveryStatus.Delivered, DeliveryStatus.Retrieving];
        Assert.All(Enum.GetValues<DeliveryStatus>(), status =>
            Assert.Equal(away.Contains(status), In(status).IsUnderWay));
        Assert.False(new Delivery(Guid.CreateVersion7()).IsUnderWay);
    }

    static Delivery In(DeliveryStatus status)
    {
        var delivery = new Delivery(Guid.CreateVersion7());
        delivery.Prepare("alice", "Seoul", [Car], 1, Noon);
        if (status is DeliveryStatus.Preparing) return delivery;
        if (status is not DeliveryStatus.Cancelled) delivery.Dispatch(true, "Riders", Noon);
        if (status is DeliveryStatus.Delivered) delivery.Complete(Noon);
        if (status is DeliveryStatus.Cancelled or DeliveryStatus.Retrieving or DeliveryStatus.Retrieved)
            delivery.Cancel(Noon);
        if (status is DeliveryStatus.Retrieved) delivery.Retrieved(Noon);
        Assert.Equal(status, delivery.Status);
        return delivery;
    }
}
