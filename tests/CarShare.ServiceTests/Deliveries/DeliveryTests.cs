using System.Net;
using System.Net.Http.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Deliveries.DeliveriesFixture;

namespace CarShare.ServiceTests.Deliveries;

public sealed class DeliveryTests(DeliveriesFixture deliveries) : IClassFixture<DeliveriesFixture>
{
    [Fact] // D8
    public async Task A_placed_order_is_prepared_dispatched_and_delivered_with_one_event_each()
    {
        var order = await deliveries.Prepared(Order());
        await deliveries.Step(order, "dispatch");
        var delivered = await deliveries.Step(order, "complete");

        Assert.Equal([DeliveryStatus.Preparing, DeliveryStatus.Dispatched, DeliveryStatus.Delivered],
            delivered.History.Select(step => step.Status));
        Assert.Equal((order.CustomerId, order.DeliveryAddress), (delivered.CustomerId, delivered.Address));
        var last = await deliveries.Broker.Sees<DeliveryDelivered>(e => e.OrderId == order.OrderId);
        Assert.Equal((delivered.DeliveryId, order.CustomerId, order.DeliveryAddress), (
            last.DeliveryId, last.CustomerId, last.Address));
        Assert.Equal(order.Vehicles, last.Vehicles);
        Assert.Equal(["preparing", "dispatched", "delivered"], deliveries.Announced(order.OrderId));
    }

    [Fact]
    public async Task A_step_is_taken_once_and_only_where_it_belongs()
    {
        var order = await deliveries.Prepared(Order());
        Assert.Equal("wrong-status", await deliveries.Refused(order, "complete"));
        Assert.Equal("wrong-status", await deliveries.Refused(order, "retrieved"));

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => deliveries.Post(order.OrderId, "dispatch")));

        Assert.Single(answers, a => a.Item1 == HttpStatusCode.OK);
        Assert.Equal(19, answers.Count(a => a.Item1 == HttpStatusCode.Conflict));
        Assert.Equal(HttpStatusCode.NotFound, (await deliveries.Post(Guid.CreateVersion7(), "dispatch")).Item1);
        await deliveries.Broker.Sees<DeliveryDispatched>(e => e.OrderId == order.OrderId);
        Assert.Equal(["preparing", "dispatched"], deliveries.Announced(order.OrderId));
    }

    [Fact] // C6 C7 C13: the cancellation itself reaches the delivery by its order id and decides the status
    public async Task Cancelling_while_preparing_cancels_the_delivery()
    {
        var order = await deliveries.Prepared(Order());
        await deliveries.Broker.Publish(Cancellation(order));

        var cancelled = await deliveries.Reaches(order, DeliveryStatus.Cancelled);
        Assert.Equal("wrong-status", await deliveries.Refused(order, "dispatch"));
        Assert.Equal(
            [DeliveryStatus.Preparing, DeliveryStatus.Cancelled], cancelled.History.Select(step => step.Status));
        Assert.Equal(cancelled.DeliveryId,
            (await deliveries.Broker.Sees<DeliveryCancelled>(e => e.OrderId == order.OrderId)).DeliveryId);
    }

    [Theory] // C10 D9
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelling_under_way_or_after_the_handover_retrieves_the_car_once(bool handedOver)
    {
        var order = await deliveries.Prepared(Order());
        await deliveries.Step(order, "dispatch");
        if (handedOver) await deliveries.Step(order, "complete");
        var cancellation = Cancellation(order);
        await deliveries.Broker.Publish(cancellation);
        await deliveries.Reaches(order, DeliveryStatus.Retrieving);
        await deliveries.Step(order, "retrieved");

        await deliveries.Broker.Publish(cancellation);
        await deliveries.Broker.Publish(order);
        await Caught(order.OrderId);

        string[] way = handedOver
            ? ["preparing", "dispatched", "delivered", "retrieving", "retrieved"]
            : ["preparing", "dispatched", "retrieving", "retrieved"];
        Assert.Equal(DeliveryStatus.Retrieved, (await deliveries.Get(order.OrderId))!.Status);
        await deliveries.Broker.Sees<DeliveryRetrieved>(e => e.OrderId == order.OrderId);
        Assert.Equal(way, deliveries.Announced(order.OrderId));
    }

    [Fact] // C11
    public async Task A_cancellation_that_overtakes_the_order_leaves_nothing_to_deliver()
    {
        var order = Order();
        await deliveries.Broker.Publish(Cancellation(order));
        await deliveries.Broker.Publish(order);
        await Caught(order.OrderId);

        Assert.Null(await deliveries.Get(order.OrderId));
        Assert.Empty(deliveries.Announced(order.OrderId));
        var header = await deliveries.Query(db => db.Deliveries.SingleAsync(d => d.OrderId == order.OrderId));
        Assert.Equal((null, null), (header.Status, header.DeliveryId));
        Assert.NotNull(header.ClosedAt);
    }

    [Fact] // C17
    public async Task An_order_told_again_with_the_same_or_another_id_is_delivered_once()
    {
        var order = Order();
        var id = await deliveries.Broker.Publish(order);
        await deliveries.Broker.Publish(order, id);
        await deliveries.Broker.Publish(order);
        await Caught(order.OrderId);

        Assert.Single(await deliveries.Query(
            db => db.Set<OutboxMessage>().Where(m => m.Key == order.OrderId.ToString()).ToListAsync()));
        Assert.Single((await deliveries.Get(order.OrderId))!.History);
    }

    [Fact]
    public async Task Order_and_cancellation_in_one_batch_are_announced_in_their_order()
    {
        var orders = Enumerable.Range(0, 40).Select(_ => Order()).ToList();
        await Task.WhenAll(orders.SelectMany(
            order => new[] { deliveries.Broker.Publish(order), deliveries.Broker.Publish(Cancellation(order)) }));
        await Task.WhenAll(
            orders.Select(order => deliveries.Broker.Sees<DeliveryCancelled>(e => e.OrderId == order.OrderId)));

        Assert.All(orders, order => Assert.Equal(["preparing", "cancelled"], deliveries.Announced(order.OrderId)));
    }

    [Fact]
    public async Task The_highest_revision_of_the_cars_is_brought_even_if_known_before_the_order()
    {
        var (order, spare, third) = (Order(), Car(), Car());
        await deliveries.Broker.Publish(new VehicleReassigned(order.OrderId, DateTimeOffset.UtcNow, [spare], 2));
        await Eventually.Holds("the reassignment is kept", () =>
            deliveries.Query(db => db.Deliveries.AnyAsync(d => d.OrderId == order.OrderId && d.Revision == 2)));
        await deliveries.Prepared(order);
        Assert.Equal([spare], (await deliveries.Get(order.OrderId))!.Vehicles);

        await deliveries.Broker.Publish(new VehicleReassigned(order.OrderId, DateTimeOffset.UtcNow, [third], 3));
        await Eventually.Holds("the third car is known", async () =>
            (await deliveries.Get(order.OrderId))!.Vehicles.SequenceEqual([third]));
        Assert.Equal([third], (await deliveries.Step(order, "dispatch")).Vehicles);
    }

    [Fact]
    public async Task A_car_with_an_open_retrieval_is_not_dispatched()
    {
        var car = Car();
        var first = await deliveries.Prepared(Order(car: car));
        await deliveries.Step(first, "dispatch");
        await deliveries.Broker.Publish(Cancellation(first));
        await deliveries.Reaches(first, DeliveryStatus.Retrieving);
        var second = await deliveries.Prepared(Order("bob", car));

        Assert.Equal("vehicle-in-retrieval", await deliveries.Refused(second, "dispatch"));
        await deliveries.Step(first, "retrieved");
        Assert.Equal(DeliveryStatus.Dispatched, (await deliveries.Step(second, "dispatch")).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_car_is_with_one_delivery_from_its_departure_until_its_rental_is_over(bool handedOver)
    {
        var car = Car();
        var first = await deliveries.Prepared(Order(car: car));
        var second = await deliveries.Prepared(Order("bob", car));
        await deliveries.Step(first, "dispatch");
        if (handedOver) await deliveries.Step(first, "complete");

        Assert.Equal("vehicle-in-retrieval", await deliveries.Refused(second, "dispatch"));
        await deliveries.Broker.Publish(Return(first));
        await Eventually.Holds("the car is free", async () =>
            (await deliveries.Post(second.OrderId, "dispatch")).Item1 == HttpStatusCode.OK);
        Assert.Equal(second.OrderId, await Holder(car));
    }

    [Fact]
    public async Task Of_two_who_want_one_car_at_once_one_gets_it_and_the_other_none_of_its_cars()
    {
        var (shared, own) = (Car(), Car());
        var one = await deliveries.Prepared(Order(car: shared));
        var two = await deliveries.Prepared(Order("bob") with { Vehicles = [own, shared] });
        var answers = await Task.WhenAll(new[] { one, two }.SelectMany(
            order => Enumerable.Range(0, 5).Select(_ => deliveries.Post(order.OrderId, "dispatch"))));

        Assert.Single(answers, answer => answer.Item1 == HttpStatusCode.OK);
        var isOne = (await deliveries.Get(one.OrderId))!.Status == DeliveryStatus.Dispatched;
        Assert.Equal((isOne ? one : two).OrderId, await Holder(shared));
        Assert.Equal(isOne ? Guid.Empty : two.OrderId, await Holder(own));
    }

    [Fact]
    public async Task A_delivery_under_way_whose_car_is_replaced_lets_the_old_one_go()
    {
        var (order, spare) = (await deliveries.Prepared(Order()), Car());
        await deliveries.Step(order, "dispatch");
        await deliveries.Broker.Publish(new VehicleReassigned(order.OrderId, DateTimeOffset.UtcNow, [spare], 2));
        await Eventually.Holds("the new one is with it", async () => await Holder(spare) == order.OrderId);
        Assert.Equal(Guid.Empty, await Holder(order.Vehicles[0]));
    }

    [Fact] // F9
    public async Task Who_brings_the_car_is_on_the_delivery_and_in_what_is_told()
    {
        var (named, unnamed) = (await deliveries.Prepared(Order()), await deliveries.Prepared(Order()));
        Assert.Null((await deliveries.Get(named.OrderId))!.Shipper);
        using var http = deliveries.Operator();
        using var answer = await http.PostAsJsonAsync(
            $"/deliveries/{named.OrderId}/dispatch", new { shipper = "한강 탁송" });
        Assert.Equal("한강 탁송", (await answer.Content.ReadFromJsonAsync<DeliveryDto>(ApiJson.Options))!.Shipper);
        await deliveries.Step(unnamed, "dispatch");
        await deliveries.Step(unnamed, "complete");

        Assert.Equal(
            "한강 탁송", (await deliveries.Broker.Sees<DeliveryDispatched>(e => e.OrderId == named.OrderId)).Shipper);
        Assert.Equal(
            "CarShare", (await deliveries.Broker.Sees<DeliveryDelivered>(e => e.OrderId == unnamed.OrderId)).Shipper);
        using var wrong = await http.PostAsJsonAsync(
            $"/deliveries/{named.OrderId}/dispatch", new { shipper = new string('x', 101) });
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task Customers_see_their_own_deliveries_and_operators_all()
    {
        var (alice, bob) = ($"alice-{Guid.NewGuid()}", $"bob-{Guid.NewGuid()}");
        var hers = new[] { await deliveries.Prepared(Order(alice)), await deliveries.Prepared(
            Order(alice)), await deliveries.Prepared(Order(alice)) };
        var his = await deliveries.Prepared(Order(bob));
        await deliveries.Step(hers[1], "dispatch");
        using var http = deliveries.As(alice);

        var first = await http.GetFromJsonAsync<Page<DeliveryDto>>("/deliveries?limit=2", ApiJson.Options);
        var rest = await http.GetFromJsonAsync<Page<DeliveryDto>>(
            $"/deliveries?limit=2&after={first!.Next}", ApiJson.Options);
        Assert.Equal(hers.Reverse().Select(o => o.OrderId), first.Items.Concat(rest!.Items).Select(d => d.OrderId));
        Assert.Null(rest.Next);
        var dispatched = await http.GetFromJsonAsync<Page<DeliveryDto>>(
            "/deliveries?status=Dispatched", ApiJson.Options);
        Assert.Equal(hers[1].OrderId, Assert.Single(dispatched!.Items).OrderId);

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync($"/deliveries/{his.OrderId}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"/deliveries/{hers[0].OrderId}")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await http.PostAsync($"/deliveries/{hers[0].OrderId}/dispatch", null)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/deliveries?status=Lost")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/deliveries/1")).StatusCode);
        using var anonymous = deliveries.Anonymous();
        Assert.Equal(HttpStatusCode.Unauthorized, (await anonymous.GetAsync("/deliveries")).StatusCode);
    }

    static OrderReturned Return(OrderPlaced order) =>
        new(order.OrderId, order.CustomerId, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, "Daejeon Station", 0, 0);

    Task<Guid> Holder(VehicleRef car) => deliveries.Query(
        db => db.CarsUnderWay.Where(c => c.VehicleId == car.VehicleId).Select(c => c.OrderId).SingleOrDefaultAsync());

    /// <summary>
    /// A later event about the order is handled, and so is everything that stands before it on its partition.
    /// </summary>
    async Task Caught(Guid orderId)
    {
        var last = Order() with { OrderId = orderId };
        var id = await deliveries.Broker.Publish(last);
        await Eventually.Holds(
            "all is handled", () => deliveries.Query(db => db.Set<InboxMessage>().AnyAsync(m => m.Id == id)));
    }
}
