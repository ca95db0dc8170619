using System.Net;
using CarShare.Contracts;
using CarShare.ServiceTests.Stocks;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using static CarShare.ServiceTests.Stocks.StocksFixture;

namespace CarShare.ServiceTests.Sagas;

public sealed class StocksSagaTests(StocksFixture stocks, ITestOutputHelper output) : IClassFixture<StocksFixture>
{
    [Fact]
    public async Task A_reservation_that_meets_the_close_leaves_no_car_taken()
    {
        ProductDto[] products = [await stocks.Product(100), await stocks.Product(100)];
        var orders = Enumerable.Range(0, Interleaving.Runs).Select(_ => Guid.CreateVersion7()).ToArray();
        var answers = new Answer<ReservationDto>[orders.Length];

        await Interleaving.Run(stocks.AllHandled, null,
            async run => answers[run] = await stocks.Reserve(products[run % 2].ProductId, orders[run]),
            run => run % 2 == 0
                ? stocks.Broker.Publish(Cancelled(orders[run]))
                : stocks.Broker.Publish(Rejected(orders[run])));

        Assert.All(answers, a =>
            Assert.True(a.Status == HttpStatusCode.OK || a.Problem == "order-closed", $"{a.Status} {a.Problem}"));
        foreach (var product in products) Assert.Equal(100, await stocks.Available(product.ProductId));
        Assert.Equal(orders.Length, await stocks.Query(
            db => db.Orders.CountAsync(o => orders.Contains(o.OrderId) && o.ClosedAt != null)));
        // Whoever was told that he has a car has it in the history, released; nobody else is there.
        var released = await stocks.Query(db => db.Reservations.Where(r =>
            orders.Contains(r.OrderId) && r.ReleasedAt != null).Select(r => r.OrderId).ToListAsync());
        Assert.Equal(orders.Where((_, run) => answers[run].Status == HttpStatusCode.OK).Order(), released.Order());
        await stocks.AssertConsistent();
        output.WriteLine($"{released.Count} of {orders.Length} reservations came before the close");
    }

    [Fact]
    public async Task The_whole_past_read_again_changes_nothing()
    {
        var product = await stocks.Product(100);
        var orders = await Task.WhenAll(Enumerable.Range(0, 96).Select(_ => stocks.Reserved(product.ProductId)));
        foreach (var (_, reservation) in orders.Where((_, i) => i % 8 == 7).Take(5))
            await stocks.Change(product.ProductId, reservation.Vehicles[0].VehicleId, new { state = "Defective" });

        var told = new List<Guid>();
        foreach (var (i, (id, reservation)) in orders.Index())
        {
            VehicleRef[] cars = [.. reservation.Vehicles];
            var handedOver = i % 8 is 2 or 3 or 6;
            if (handedOver) told.Add(await stocks.Broker.Publish(Delivered(id, cars)));
            if (i % 8 is 1 or 4 or 6 or 7) told.Add(await stocks.Broker.Publish(Cancelled(id)));
            if (i % 8 is 3) told.Add(await stocks.Broker.Publish(Returned(id)));
            if (i % 8 is 5) told.Add(await stocks.Broker.Publish(Rejected(id)));
            if (i % 8 is 4 or 6) told.Add(await stocks.Broker.Publish(Retrieved(id, cars)));
        }

        for (var i = 0; i < 10; i++) told.Add(await stocks.Broker.Publish(Cancelled(Guid.CreateVersion7())));
        await stocks.AllHandled(told);
        // The freed cars have new holders, and an operator has moved one: what ended before must not touch them.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => stocks.Reserved(product.ProductId)));
        var back = orders[3].Reservation.Vehicles[0].VehicleId;
        await stocks.Change(product.ProductId, back, new { location = "Workshop" });

        await Replay.ChangesNothing(stocks);
        await stocks.AssertConsistent();
    }
}
