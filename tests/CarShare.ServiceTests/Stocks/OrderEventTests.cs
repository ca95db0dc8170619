using System.Net;
using CarShare.Contracts;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Stocks.StocksFixture;

namespace CarShare.ServiceTests.Stocks;

[Collection("Stocks")]
public sealed class OrderEventTests(StocksFixture stocks)
{
    public static TheoryData<string> Endings => ["rejected", "cancelled", "returned"];

    [Theory, MemberData(nameof(Endings))] // C21
    public async Task The_end_of_an_order_gives_its_cars_back(string ending)
    {
        var product = await stocks.Product(cars: 3);
        var (orderId, _) = await stocks.Reserved(product.ProductId, 3);
        await End(orderId, ending);

        Assert.Equal(3, await stocks.Available(product.ProductId));
        Assert.All(await stocks.Cars(product.ProductId), car => Assert.Null(car.OrderId));
        Assert.Equal(
            3, await stocks.Query(db => db.Reservations.CountAsync(r => r.OrderId == orderId && r.ReleasedAt != null)));
        await Closed(product.ProductId, orderId, 3);
        await stocks.AssertConsistent();
    }

    [Theory, MemberData(nameof(Endings))] // C20 C21: only what was taken is given back
    public async Task An_order_that_ended_before_its_reservation_arrived_gets_no_car_and_gives_none_back(string ending)
    {
        var product = await stocks.Product(cars: 2);
        await stocks.Reserved(product.ProductId);
        var orderId = Guid.CreateVersion7();
        await End(orderId, ending);

        await Closed(product.ProductId, orderId);
        Assert.Equal(1, await stocks.Available(product.ProductId));
        Assert.Null((await stocks.Header(orderId))!.ProductId);
    }

    [Fact]
    public async Task Reservations_racing_against_the_end_of_their_orders_hold_nothing_afterwards()
    {
        var product = await stocks.Product(cars: 100);
        var orders = Enumerable.Range(0, 200).Select(_ => Guid.CreateVersion7()).ToList();
        await Task.WhenAll(orders.Select(async (orderId, i) =>
        {
            if (i % 3 == 0) await stocks.Broker.Publish(Cancelled(orderId));
            var reserving = stocks.Reserve(product.ProductId, orderId, 1 + i % 2);
            if (i % 3 != 0) await stocks.Broker.Publish(Cancelled(orderId));
            Assert.Contains((await reserving).Problem, new[] { null, "order-closed", "out-of-stock" });
        }));

        await Eventually.Holds("all orders are closed", () => stocks.Query(
            async db => await db.Orders.CountAsync(o => orders.Contains(o.OrderId) && o.ClosedAt != null) == 200));
        Assert.Equal(100, await stocks.Available(product.ProductId));
        await stocks.AssertConsistent();
    }

    [Fact] // F14
    public async Task A_handed_over_car_is_in_use_until_it_is_returned_and_then_stands_where_it_was_left()
    {
        var product = await stocks.Product(cars: 1);
        var (orderId, _) = await stocks.Reserved(product.ProductId);
        await stocks.Handled(Delivered(orderId));
        var car = await stocks.TheCar(product.ProductId);
        Assert.Equal((VehicleState.InUse, orderId, Home), (car.State, car.OrderId, car.Location));
        Assert.Equal(0, await stocks.Available(product.ProductId));

        await stocks.Handled(Returned(orderId, "Jeju Airport"));
        car = await stocks.TheCar(product.ProductId);
        Assert.Equal((VehicleState.Available, null, "Jeju Airport"), (car.State, car.OrderId, car.Location));
    }

    [Fact]
    public async Task A_handover_told_after_the_end_of_the_order_changes_nothing()
    {
        var product = await stocks.Product(cars: 1);
        var (first, reservation) = await stocks.Reserved(product.ProductId);
        await stocks.Handled(Returned(first));
        var (second, _) = await stocks.Reserved(product.ProductId);
        await stocks.Handled(Delivered(first, [.. reservation.Vehicles]));

        var car = await stocks.TheCar(product.ProductId);
        Assert.Equal((VehicleState.Reserved, second), (car.State, car.OrderId));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_retrieved_car_is_back_at_its_place_whether_the_cancellation_came_before_or_after(
        bool cancelledFirst)
    {
        var product = await stocks.Product(cars: 1);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        await stocks.Change(product.ProductId, reservation.Vehicles[0].VehicleId, new { location = "Incheon Airport" });
        await stocks.Handled(Delivered(orderId));
        if (cancelledFirst) await stocks.Handled(Cancelled(orderId));
        await stocks.Handled(Retrieved(orderId, [.. reservation.Vehicles]));
        if (!cancelledFirst) await stocks.Handled(Cancelled(orderId));

        var car = await stocks.TheCar(product.ProductId);
        Assert.Equal((VehicleState.Available, null, Home), (car.State, car.OrderId, car.Location));
    }

    [Fact]
    public async Task A_retrieval_told_late_does_not_move_a_car_that_somebody_rented_since()
    {
        var product = await stocks.Product(cars: 1);
        var (first, reservation) = await stocks.Reserved(product.ProductId);
        await stocks.Handled(Cancelled(first));
        var (second, _) = await stocks.Reserved(product.ProductId);
        await stocks.Handled(Delivered(second));
        await stocks.Handled(Returned(second, "Jeju Airport"));
        await stocks.Handled(Retrieved(first, [.. reservation.Vehicles]));

        Assert.Equal("Jeju Airport", (await stocks.TheCar(product.ProductId)).Location);
    }

    [Fact] // C17 C20
    public async Task Everything_told_again_at_any_age_changes_nothing()
    {
        var product = await stocks.Product(cars: 2);
        var (first, reservation) = await stocks.Reserved(product.ProductId, 2);
        async Task Tell()
        {
            await stocks.Handled(Delivered(first, [.. reservation.Vehicles]));
            await stocks.Handled(Retrieved(first, [.. reservation.Vehicles]));
            await stocks.Handled(Returned(first, "Jeju Airport"));
            await stocks.Handled(Cancelled(first));
            await stocks.Handled(Rejected(first));
        }

        await Tell();
        var (second, _) = await stocks.Reserved(product.ProductId);
        var before = await Snapshot(product.ProductId);
        await Tell();

        Assert.Equal(before, await Snapshot(product.ProductId));
        Assert.Single(await stocks.Cars(product.ProductId), car => car.OrderId == second);
        Assert.Equal((HttpStatusCode.Conflict, "order-closed"), await Refusal(product.ProductId, first, 2));
    }

    [Fact]
    public async Task The_same_event_delivered_twice_is_handled_once()
    {
        var product = await stocks.Product(cars: 1);
        var (first, _) = await stocks.Reserved(product.ProductId);
        var cancelled = Cancelled(first);
        var id = await stocks.Broker.Publish(cancelled);
        await Eventually.Holds("the car is free", async () => await stocks.Available(product.ProductId) == 1);
        var (second, _) = await stocks.Reserved(product.ProductId);
        await stocks.Broker.Publish(cancelled, id);
        await stocks.Handled(Cancelled(first));

        Assert.Equal(second, (await stocks.TheCar(product.ProductId)).OrderId);
    }

    [Theory, MemberData(nameof(Endings))]
    public async Task A_defective_car_stays_defective_through_everything(string ending)
    {
        var product = await stocks.Product(cars: 1);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        await stocks.Change(
            product.ProductId, reservation.Vehicles[0].VehicleId, new { state = VehicleState.Defective });
        await stocks.Handled(Delivered(orderId));
        Assert.Equal(VehicleState.Defective, (await stocks.TheCar(product.ProductId)).State);
        await End(orderId, ending);
        await stocks.Handled(Retrieved(orderId, [.. reservation.Vehicles]));

        var car = await stocks.TheCar(product.ProductId);
        Assert.Equal((VehicleState.Defective, null), (car.State, car.OrderId));
        Assert.Equal(0, await stocks.Available(product.ProductId));
    }

    Task End(Guid orderId, string ending) => ending switch
    {
        "rejected" => stocks.Handled(Rejected(orderId)),
        "cancelled" => stocks.Handled(Cancelled(orderId)),
        _ => stocks.Handled(Returned(orderId)),
    };

    async Task Closed(Guid productId, Guid orderId, int quantity = 1) =>
        Assert.Equal((HttpStatusCode.Conflict, "order-closed"), await Refusal(productId, orderId, quantity));

    async Task<(HttpStatusCode, string?)> Refusal(Guid productId, Guid orderId, int quantity)
    {
        var answer = await stocks.Reserve(productId, orderId, quantity);
        return (answer.Status, answer.Problem);
    }

    /// <summary>The rows of the product as text.</summary>
    Task<List<string>> Snapshot(Guid productId) => stocks.Query(db => db.Database.SqlQuery<string>(
        $"""
        SELECT v::text AS "Value" FROM vehicles v WHERE product_id = {productId}
        UNION ALL SELECT r::text FROM reservations r JOIN vehicles USING (vehicle_id) WHERE product_id = {productId}
        UNION ALL SELECT o::text FROM stock_orders o WHERE product_id = {productId} ORDER BY 1
        """).ToListAsync());
}
