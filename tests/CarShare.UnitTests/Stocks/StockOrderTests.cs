using CarShare.Contracts;
using CarShare.Stocks.Domain;

namespace CarShare.UnitTests.Stocks;

public sealed class StockOrderTests
{
    static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Closing_releases_the_cars_once_and_keeps_the_history()
    {
        var order = Reserved(2);
        order.Close(Now, "Jeju");
        order.Close(Now.AddDays(1), "Busan");

        Assert.Equal(Now, order.ClosedAt);
        Assert.Empty(order.Held);
        Assert.All(order.Vehicles, car =>
            Assert.Equal(("Jeju", VehicleState.Available, order.OrderId), (car.Location, car.State, car.LastOrderId)));
        Assert.All(order.Reservations, r => Assert.Equal(Now, r.ReleasedAt));
    }

    [Fact]
    public void A_cancelled_order_leaves_its_cars_where_they_are()
    {
        var order = Reserved(1);
        order.Close(Now);
        Assert.Equal("Depot", order.Vehicles[0].Location);
    }

    [Fact]
    public void An_order_that_is_over_or_reserved_nothing_takes_no_handover()
    {
        var (closed, empty) = (Reserved(1), new StockOrder { OrderId = Guid.CreateVersion7() });
        closed.Close(Now);
        closed.HandOver(Now);
        empty.HandOver(Now);

        Assert.Null(closed.HandedOverAt);
        Assert.Null(empty.HandedOverAt);
        Assert.Equal(VehicleState.Available, closed.Vehicles[0].State);
    }

    [Fact]
    public void An_order_is_handed_over_once_with_all_the_cars_it_holds()
    {
        var order = Reserved(2);
        order.HandOver(Now);
        order.HandOver(Now.AddHours(1));

        Assert.Equal(Now, order.HandedOverAt);
        Assert.All(order.Vehicles, car => Assert.Equal(VehicleState.InUse, car.State));
        order.Close(Now.AddHours(2), "Jeju");
        Assert.All(order.Vehicles, car => Assert.Equal((VehicleState.Available, null), (car.State, car.OrderId)));
    }

    [Fact]
    public void The_cars_of_an_order_are_told_in_the_order_of_their_ids()
    {
        var order = Reserved(3);
        var ids = order.Vehicles.Select(car => car.VehicleId).Order().ToList();
        order.Vehicles.Reverse();
        Assert.Equal(ids, order.Held.Select(car => car.VehicleId));
    }

    [Fact]
    public void A_replacement_releases_the_broken_car_alone_and_none_that_was_not_held()
    {
        var order = Reserved(2);
        var (broken, kept) = (order.Vehicles[0], order.Vehicles[1]);
        order.Replace(broken, Car(), Now);

        Assert.Null(order.Reservations.Single(r => r.VehicleId == kept.VehicleId).ReleasedAt);
        Assert.Equal(Now, order.Reservations.Single(r => r.VehicleId == broken.VehicleId).ReleasedAt);
        Assert.Throws<InvalidOperationException>(() => order.Replace(Car(), Car(), Now));
    }

    [Fact]
    public void A_replacement_raises_the_revision_and_keeps_the_broken_car_in_the_history()
    {
        var order = Reserved(1);
        var (broken, free) = (order.Vehicles[0], Car());
        broken.MarkDefective();
        order.Replace(broken, free, Now);

        Assert.Equal([free], order.Held);
        Assert.Equal(2, order.Revision);
        Assert.Equal((VehicleState.Defective, null), (broken.State, broken.OrderId));
        Assert.Equal([(1, Now), (2, null)], order.Reservations.Select(r => (r.Revision, r.ReleasedAt)));
    }

    [Fact]
    public void A_car_can_come_back_to_an_order_that_had_to_give_it_up()
    {
        var order = Reserved(1);
        var (first, second) = (order.Vehicles[0], Car());
        first.MarkDefective();
        order.Replace(first, second, Now);
        first.Repair();
        second.MarkDefective();
        order.Replace(second, first, Now);

        Assert.Equal([first], order.Held);
        Assert.Equal(2, order.Vehicles.Count);
        Assert.Equal(3, order.Reservations.Select(r => (r.VehicleId, r.Revision)).Distinct().Count());
        Assert.Single(order.Reservations, r => r.ReleasedAt is null);
    }

    [Fact]
    public void Only_the_retrieved_cars_are_brought_back_and_only_once()
    {
        var order = Reserved(2);
        order.BringBack([order.Vehicles[0].VehicleId], "Home", Now);
        order.BringBack([order.Vehicles[1].VehicleId], "Home", Now);
        Assert.Equal(["Home", "Depot"], order.Vehicles.Select(car => car.Location));
    }

    [Fact]
    public void A_car_that_is_not_free_cannot_be_taken()
    {
        var (held, broken) = (Reserved(1).Vehicles[0], Car());
        broken.MarkDefective();
        Assert.Throws<InvalidOperationException>(() => held.ReserveFor(Guid.CreateVersion7()));
        Assert.Throws<InvalidOperationException>(() => broken.ReserveFor(Guid.CreateVersion7()));
    }

    [Fact]
    public void A_defect_survives_handover_and_release()
    {
        var car = Car();
        car.MarkDefective();
        car.HandOver();
        car.Release();
        Assert.Equal(VehicleState.Defective, car.State);
    }

    static StockOrder Reserved(int cars)
    {
        var order = new StockOrder
        {
            OrderId = Guid.CreateVersion7(),
            ProductId = Guid.CreateVersion7(),
            Quantity = cars,
            Revision = 1,
        };
        for (var i = 0; i < cars; i++)
        {
            var car = Car();
            car.ReserveFor(order.OrderId);
            order.Vehicles.Add(car);
            order.Reservations.Add(
                new() { OrderId = order.OrderId, VehicleId = car.VehicleId, Revision = 1, ReservedAt = Now });
        }

        return order;
    }

    static Vehicle Car() => new() { VehicleId = Guid.CreateVersion7(), Plate = "12가3456", Location = "Depot" };
}
