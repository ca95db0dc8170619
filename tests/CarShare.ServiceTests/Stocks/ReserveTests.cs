using System.Net;
using System.Text;
using CarShare.Contracts;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.ServiceTests.Stocks;

[Collection("Stocks")]
public sealed class ReserveTests(StocksFixture stocks)
{
    [Fact] // C15 D5
    public async Task The_last_car_is_rentable_and_the_next_order_is_refused_and_leaves_nothing()
    {
        var product = await stocks.Product(cars: 1);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId);
        Assert.Equal((product.ModelName, product.HourlyRate, 1), (
            reservation.ModelName, reservation.HourlyRate, reservation.Revision));
        var car = await stocks.TheCar(product.ProductId);
        Assert.Equal((orderId, reservation.Vehicles.Single().VehicleId), (car.OrderId, car.VehicleId));
        Assert.Equal(0, await stocks.Available(product.ProductId));

        var next = Guid.CreateVersion7();
        Assert.Equal((HttpStatusCode.Conflict, "out-of-stock"), await Refusal(product.ProductId, next));
        Assert.Null(await stocks.Header(next));
        Assert.Equal(orderId, (await stocks.TheCar(product.ProductId)).OrderId);
    }

    [Theory] // C15 C16 D6
    [InlineData(1, 10)]
    [InlineData(3, 3)]
    public async Task A_thousand_orders_at_once_never_share_a_car(int quantity, int winners)
    {
        var product = await stocks.Product(cars: 10);
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 1000).Select(_ => stocks.Reserve(product.ProductId, Guid.CreateVersion7(), quantity)));

        Assert.Equal(winners, answers.Count(a => a.Status == HttpStatusCode.OK));
        Assert.Equal(
            1000 - winners, answers.Count(a => a is { Status: HttpStatusCode.Conflict, Problem: "out-of-stock" }));
        Assert.Equal(winners * quantity, answers.SelectMany(a => a.Value?.Vehicles ?? []).Distinct().Count());
        Assert.Equal(10 - winners * quantity, await stocks.Available(product.ProductId));
        await stocks.AssertConsistent();
    }

    [Fact] // C16 D6
    public async Task A_thousand_orders_for_named_cars_give_each_car_to_one_of_them()
    {
        var product = await stocks.Product(cars: 10);
        var cars = await stocks.Cars(product.ProductId);
        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(async i =>
        {
            var wanted = cars[i % 10].VehicleId;
            return (wanted, answer: await stocks.Reserve(product.ProductId, Guid.CreateVersion7(), 1, wanted));
        }));

        var won = answers.Where(a => a.answer.Status == HttpStatusCode.OK).ToList();
        Assert.Equal(cars.Select(c => c.VehicleId).Order(), won.Select(a => a.wanted).Order());
        Assert.All(won, a => Assert.Equal(a.wanted, a.answer.Value!.Vehicles.Single().VehicleId));
        Assert.Equal(990, answers.Count(a => a.answer is { Status: HttpStatusCode.Conflict, Problem: "out-of-stock" }));
        await stocks.AssertConsistent();
    }

    [Fact] // C17
    public async Task The_same_call_fifty_times_at_once_takes_its_cars_once_and_answers_the_same()
    {
        var product = await stocks.Product(cars: 9);
        var orderId = Guid.CreateVersion7();
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => stocks.Reserve(product.ProductId, orderId, 3)));

        Assert.All(answers, a => Assert.Equal(answers[0].Value!.Vehicles, a.Value!.Vehicles));
        Assert.Equal(6, await stocks.Available(product.ProductId));
        Assert.Equal(3, await stocks.Query(db => db.Reservations.CountAsync(r => r.OrderId == orderId)));
    }

    [Fact]
    public async Task An_order_cannot_change_its_mind()
    {
        var (product, other) = (await stocks.Product(cars: 5), await stocks.Product(cars: 5));
        var cars = await stocks.Cars(product.ProductId);
        var (orderId, reservation) = await stocks.Reserved(product.ProductId, vehicleId: cars[0].VehicleId);

        Assert.Equal((HttpStatusCode.Conflict, "order-mismatch"), await Refusal(other.ProductId, orderId));
        Assert.Equal((HttpStatusCode.Conflict, "order-mismatch"), await Refusal(product.ProductId, orderId, 2));
        Assert.Equal((HttpStatusCode.Conflict, "order-mismatch"), await Refusal(product.ProductId, orderId));
        Assert.Equal((HttpStatusCode.Conflict, "order-mismatch"), await Refusal(
            product.ProductId, orderId, 1, cars[1].VehicleId));
        Assert.Equal(reservation.Vehicles,
            (await stocks.Reserve(product.ProductId, orderId, 1, cars[0].VehicleId)).Value!.Vehicles);
        Assert.Equal((4, 5), (await stocks.Available(product.ProductId), await stocks.Available(other.ProductId)));
    }

    [Fact] // C19
    public async Task An_unknown_product_or_a_car_of_another_one_is_not_found_and_leaves_nothing()
    {
        var (product, other) = (await stocks.Product(cars: 1), await stocks.Product(cars: 1));
        var orderId = Guid.CreateVersion7();

        Assert.Equal((HttpStatusCode.NotFound, "not-found"), await Refusal(Guid.CreateVersion7(), orderId));
        Assert.Equal((HttpStatusCode.NotFound, "not-found"), await Refusal(
            product.ProductId, orderId, 1, (await stocks.TheCar(other.ProductId)).VehicleId));
        Assert.Equal((HttpStatusCode.NotFound, "not-found"), await Refusal(
            product.ProductId, orderId, 1, Guid.CreateVersion7()));
        Assert.Null(await stocks.Header(orderId));
    }

    [Fact]
    public async Task Cars_are_taken_all_or_none()
    {
        var product = await stocks.Product(cars: 2);
        Assert.Equal(
            (HttpStatusCode.Conflict, "out-of-stock"), await Refusal(product.ProductId, Guid.CreateVersion7(), 3));
        Assert.Equal(2, await stocks.Available(product.ProductId));
        await stocks.Reserved(product.ProductId, 2);
    }

    [Fact] // F3 F13
    public async Task A_defective_or_taken_car_is_refused_also_by_name()
    {
        var product = await stocks.Product(cars: 3);
        var cars = await stocks.Cars(product.ProductId);
        await stocks.Change(product.ProductId, cars[0].VehicleId, new { state = VehicleState.Defective });
        await stocks.Reserved(product.ProductId, vehicleId: cars[1].VehicleId);

        Assert.Equal((HttpStatusCode.Conflict, "out-of-stock"), await Refusal(
            product.ProductId, Guid.CreateVersion7(), 1, cars[0].VehicleId));
        Assert.Equal((HttpStatusCode.Conflict, "out-of-stock"), await Refusal(
            product.ProductId, Guid.CreateVersion7(), 1, cars[1].VehicleId));
        Assert.Equal(
            (HttpStatusCode.Conflict, "out-of-stock"), await Refusal(product.ProductId, Guid.CreateVersion7(), 2));
        Assert.Equal(
            cars[2].VehicleId, (await stocks.Reserved(product.ProductId)).Reservation.Vehicles.Single().VehicleId);
    }

    [Theory] // locked is not taken
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_car_that_another_request_lets_go_again_is_still_rentable(int quantity)
    {
        var product = await stocks.Product(quantity);
        await using var other = await stocks.Connect();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var locking = new NpgsqlCommand(
            "SELECT 1 FROM vehicles WHERE product_id = $1 ORDER BY vehicle_id DESC LIMIT 1 FOR UPDATE",
            other)
        { Parameters = { new() { Value = product.ProductId } } })
            await locking.ExecuteNonQueryAsync();

        var waiting = stocks.Reserve(product.ProductId, Guid.CreateVersion7(), quantity);
        await stocks.SomebodyWaitsForALock();
        await transaction.RollbackAsync();

        Assert.Equal(quantity, (await waiting).Value!.Vehicles.Count);
    }

    [Fact]
    public async Task A_request_that_waits_at_its_order_holds_no_car()
    {
        var product = await stocks.Product(cars: 1);
        var (orderId, quicker) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await using var other = await stocks.Connect();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var hearing = new NpgsqlCommand(
            "INSERT INTO stock_orders (order_id, created_at) VALUES ($1, now())",
            other)
        { Parameters = { new() { Value = orderId } } })
            await hearing.ExecuteNonQueryAsync();

        var waiting = stocks.Reserve(product.ProductId, orderId);
        await stocks.SomebodyWaitsForALock();
        Assert.Equal(HttpStatusCode.OK, (await stocks.Reserve(product.ProductId, quicker)).Status);
        await transaction.RollbackAsync();

        Assert.Equal("out-of-stock", (await waiting).Problem);
        Assert.Equal(quicker, (await stocks.TheCar(product.ProductId)).OrderId);
        await stocks.AssertConsistent();
    }

    [Fact]
    public async Task An_order_that_others_were_quicker_than_can_ask_again()
    {
        var product = await stocks.Product(cars: 1);
        var orderId = Guid.CreateVersion7();
        await using var other = await stocks.Connect();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var taking = new NpgsqlCommand("UPDATE vehicles SET state = 'Defective' WHERE product_id = $1",
            other)
        { Parameters = { new() { Value = product.ProductId } } })
            await taking.ExecuteNonQueryAsync();
        var late = stocks.Reserve(product.ProductId, orderId);
        await stocks.SomebodyWaitsForALock();
        await transaction.CommitAsync();

        Assert.Equal("out-of-stock", (await late).Problem);
        Assert.NotNull(await stocks.Header(orderId));
        await stocks.Change(product.ProductId, (await stocks.TheCar(product.ProductId)).VehicleId,
            new { state = VehicleState.Available });
        Assert.Single((await stocks.Reserve(product.ProductId, orderId)).Value!.Vehicles);
        await stocks.AssertConsistent();
    }

    [Theory] // C18
    [InlineData("""{"quantity":0}""", "quantity")]
    [InlineData("""{"quantity":-1}""", "quantity")]
    [InlineData("""{"quantity":21}""", "quantity")]
    [InlineData("""{"quantity":99999999999}""", "quantity")]
    [InlineData("""{"quantity":null}""", "quantity")]
    [InlineData("""{"quantity":"1"}""", "quantity")]
    [InlineData("""{"vehicleId":null}""", "quantity")]
    [InlineData("""{"quantity":2,"vehicleId":"0198f000-0000-7000-8000-000000000001"}""", "quantity")]
    [InlineData("""{"quantity":1,"vehicleId":"x"}""", "vehicleId")]
    [InlineData("""{"quantity":1,"vehicle":null}""", "vehicle")]
    public async Task Bad_input_is_refused_naming_the_field(string body, string field)
    {
        var product = await stocks.Product(cars: 1);
        using var http = stocks.Service();
        using var answer = await http.PutAsync(
            $"/internal/stocks/{product.ProductId}/reservations/{Guid.CreateVersion7()}",
            new StringContent(body, Encoding.UTF8, "application/json"));
        var problem = await Answer<ReservationDto>.Read(answer);

        Assert.Equal(HttpStatusCode.BadRequest, problem.Status);
        Assert.Equal([field], problem.Fields);
        Assert.Equal(1, await stocks.Available(product.ProductId));
    }

    async Task<(HttpStatusCode, string?)> Refusal(
        Guid productId, Guid orderId, int quantity = 1, Guid? vehicleId = null)
    {
        var answer = await stocks.Reserve(productId, orderId, quantity, vehicleId);
        return (answer.Status, answer.Problem);
    }
}
