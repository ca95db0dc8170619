using System.Net;
using CarShare.Contracts;
using Npgsql;
using static CarShare.ServiceTests.Stocks.StocksFixture;

namespace CarShare.ServiceTests.Stocks;

[Collection("Stocks")]
public sealed class DefectTests(StocksFixture stocks)
{
    [Fact] // F11
    public async Task A_reserved_car_that_breaks_is_replaced_once_and_all_cars_of_the_order_are_told()
    {
        var product = await stocks.Product(cars: 3);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId, 2);
        var (broken, kept) = (reservation.Vehicles[0], reservation.Vehicles[1]);
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.OK, (await Break(product.ProductId, broken.VehicleId)).Status);

        var told = await stocks.Broker.Sees<VehicleReassigned>(e => e.OrderId == orderId);
        Assert.Equal(2, told.Revision);
        Assert.Contains(kept, told.Vehicles);
        Assert.DoesNotContain(broken, told.Vehicles);
        Assert.Equal(told.Vehicles.Select(v => v.VehicleId).Order(), (await Held(product.ProductId, orderId)).Order());
        Assert.Equal(0, await stocks.Available(product.ProductId));

        var again = (await stocks.Reserve(product.ProductId, orderId, 2)).Value!;
        Assert.Equal((2, told.Vehicles.Order(ById)), (again.Revision, again.Vehicles.Order(ById)), Equal);
        await stocks.AssertConsistent();
        await stocks.Handled(Cancelled(orderId));
        Assert.Equal(2, await stocks.Available(product.ProductId));
        Assert.Equal((VehicleState.Defective, null), State(await stocks.Car(product.ProductId, broken.VehicleId)));
        Assert.Single(stocks.Broker.Published<VehicleReassigned>(), e => e.OrderId == orderId);
        Assert.DoesNotContain(stocks.Broker.Published<StockShortage>(), e => e.OrderId == orderId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_free_car_that_another_request_has_locked_is_waited_for(bool letGo)
    {
        var product = await stocks.Product(cars: 2);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        await using var other = await stocks.Connect();
        await using var transaction = await other.BeginTransactionAsync();
        var sql = letGo
            ? "SELECT 1 FROM vehicles WHERE product_id = $1 AND order_id IS NULL FOR UPDATE"
            : "UPDATE vehicles SET state = 'Defective' WHERE product_id = $1 AND order_id IS NULL";
        await using (var locking = new NpgsqlCommand(
            sql, other)
        { Parameters = { new() { Value = product.ProductId } } })
            await locking.ExecuteNonQueryAsync();

        var breaking = Break(product.ProductId, reservation.Vehicles[0].VehicleId);
        await stocks.SomebodyWaitsForALock();
        await (letGo ? transaction.RollbackAsync() : transaction.CommitAsync());

        Assert.Equal(HttpStatusCode.OK, (await breaking).Status);
        if (letGo) await stocks.Broker.Sees<VehicleReassigned>(e => e.OrderId == orderId);
        else await stocks.Broker.Sees<StockShortage>(e => e.OrderId == orderId);
        await stocks.AssertConsistent();
    }

    [Fact] // F11
    public async Task Without_a_free_car_the_order_learns_of_the_shortage_once_and_its_cancellation_frees_the_rest()
    {
        var product = await stocks.Product(cars: 2);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId, 2);
        var broken = reservation.Vehicles[1].VehicleId;
        for (var i = 0; i < 3; i++) await Break(product.ProductId, broken);

        var told = await stocks.Broker.Sees<StockShortage>(e => e.OrderId == orderId);
        Assert.Equal((product.ProductId, broken, 1), (told.ProductId, told.VehicleId, told.Missing));
        Assert.Equal(2, (await Held(product.ProductId, orderId)).Count);
        await stocks.Handled(Cancelled(orderId));

        Assert.Equal((VehicleState.Defective, null), State(await stocks.Car(product.ProductId, broken)));
        Assert.Equal(1, await stocks.Available(product.ProductId));
        Assert.Single(stocks.Broker.Published<StockShortage>(), e => e.OrderId == orderId);
        Assert.DoesNotContain(stocks.Broker.Published<VehicleReassigned>(), e => e.OrderId == orderId);
    }

    [Fact]
    public async Task A_car_that_breaks_in_a_customers_hands_stays_with_its_order_and_is_defective_when_it_comes_back()
    {
        var product = await stocks.Product(cars: 2);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        var car = reservation.Vehicles[0].VehicleId;
        await stocks.Handled(Delivered(orderId));
        Assert.Equal((VehicleState.Defective, orderId), State((await Break(product.ProductId, car)).Value!));
        Assert.Equal((HttpStatusCode.Conflict, "vehicle-in-use"), Refusal(
            await stocks.Change(product.ProductId, car, new { state = VehicleState.Available })));

        await stocks.Handled(Returned(orderId, "Jeju Airport"));
        var back = await stocks.Car(product.ProductId, car);
        Assert.Equal((VehicleState.Defective, null), State(back));
        Assert.Equal("Jeju Airport", back.Location);
        Assert.Equal(1, await stocks.Available(product.ProductId));
        Assert.DoesNotContain(stocks.Broker.Published<VehicleReassigned>(), e => e.OrderId == orderId);
        Assert.DoesNotContain(stocks.Broker.Published<StockShortage>(), e => e.OrderId == orderId);

        Assert.Equal((VehicleState.Available, null), State(
            (await stocks.Change(product.ProductId, car, new { state = VehicleState.Available })).Value!));
        Assert.Equal(2, await stocks.Available(product.ProductId));
    }

    [Fact]
    public async Task A_car_that_a_customer_has_cannot_be_made_available()
    {
        var product = await stocks.Product(cars: 1);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        await stocks.Handled(Delivered(orderId));
        var refused = await stocks.Change(product.ProductId, reservation.Vehicles[0].VehicleId,
            new { state = VehicleState.Available, location = "Elsewhere" });

        Assert.Equal((HttpStatusCode.Conflict, "vehicle-in-use"), Refusal(refused));
        var car = await stocks.TheCar(product.ProductId);
        Assert.Equal((VehicleState.InUse, orderId), State(car));
        Assert.Equal(Home, car.Location);
    }

    [Fact]
    public async Task A_repaired_car_that_is_still_reserved_stays_with_its_order()
    {
        var product = await stocks.Product(cars: 1);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        var car = reservation.Vehicles[0].VehicleId;
        await Break(product.ProductId, car);
        Assert.Equal(
            (VehicleState.Reserved, orderId),
            State((await stocks.Change(product.ProductId, car, new { state = VehicleState.Available })).Value!));
        await stocks.Handled(Cancelled(orderId));
        Assert.Equal(1, await stocks.Available(product.ProductId));
    }

    [Fact]
    public async Task Defects_in_the_middle_of_a_rush_leave_every_order_with_all_its_cars_or_a_shortage()
    {
        var product = await stocks.Product(cars: 60);
        var cars = await stocks.Cars(product.ProductId);
        var orders = Enumerable.Range(0, 150).Select(_ => Guid.CreateVersion7()).ToList();
        var reserving = orders.Select((orderId, i) => stocks.Reserve(product.ProductId, orderId, 1 + i % 3)).ToList();
        var breaking = cars.Where((_, i) => i % 4 == 0).Select(c => Break(product.ProductId, c.VehicleId)).ToList();
        var cancelling = stocks.Handled([.. orders.Take(50).Select(Cancelled)]);
        var reserved = await Task.WhenAll(reserving);
        Assert.All(await Task.WhenAll(breaking), b => Assert.Equal(HttpStatusCode.OK, b.Status));
        await cancelling;

        Assert.All(reserved, r => Assert.Contains(r.Problem, new[] { null, "out-of-stock", "order-closed" }));
        var held = (await stocks.Cars(product.ProductId)).Where(c => c.OrderId is not null)
            .ToLookup(c => c.OrderId!.Value);
        foreach (var (orderId, i) in orders.Select((o, i) => (o, i)).Skip(50))
        {
            if (reserved[i].Status != HttpStatusCode.OK) continue;
            Assert.Equal(1 + i % 3, held[orderId].Count());
            if (held[orderId].Any(c => c.State == VehicleState.Defective))
                await stocks.Broker.Sees<StockShortage>(e => e.OrderId == orderId);
        }

        await stocks.AssertConsistent();
        await stocks.Handled([.. orders.Select(Cancelled)]);
        Assert.Equal(45, await stocks.Available(product.ProductId));
        await stocks.AssertConsistent();
    }

    static readonly Comparer<VehicleRef> ById = Comparer<VehicleRef>.Create(
        (a, b) => a.VehicleId.CompareTo(b.VehicleId));

    static bool Equal(
        (int Revision, IOrderedEnumerable<VehicleRef> Cars) a, (int Revision, IOrderedEnumerable<VehicleRef> Cars) b) =>
        a.Revision == b.Revision && a.Cars.SequenceEqual(b.Cars);

    static (VehicleState, Guid?) State(VehicleDto car) => (car.State, car.OrderId);

    static (HttpStatusCode, string?) Refusal(Answer<VehicleDto> answer) => (answer.Status, answer.Problem);

    Task<Answer<VehicleDto>> Break(Guid productId, Guid vehicleId) =>
        stocks.Change(productId, vehicleId, new { state = VehicleState.Defective });

    async Task<IReadOnlyList<Guid>> Held(Guid productId, Guid orderId) =>
        [.. (await stocks.Cars(productId)).Where(c => c.OrderId == orderId).Select(c => c.VehicleId)];
}
