using System.Diagnostics;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Domain;
using CarShare.Payments.Domain;
using CarShare.Stocks.Domain;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Model;

/// <summary>What the three stores say about everything in the books.</summary>
sealed record Stores(
    List<Order> Orders, List<Payment> Payments, List<Deposit> Deposits, List<LedgerEntry> Entries,
    List<Vehicle> Vehicles, int DeadLetters)
{
    // A request that its caller left may still be on its way.
    static readonly TimeSpan s_calm = TimeSpan.FromMilliseconds(400), s_patience = TimeSpan.FromSeconds(30);

    static readonly string[] s_ends = [OrderRejected.Type, OrderCancelled.Type, OrderReturned.Type];

    /// <summary>Waits until nothing goes on any more and holds the stores against the books.</summary>
    public static async Task Rest(ThreeServices system, Books books, List<Guid> delivered)
    {
        var (last, since) = ("", Stopwatch.GetTimestamp());
        Stores? stores = null;
        await Eventually.Holds("everything comes to an end", async () =>
        {
            stores = await Read(system, books);
            var now = stores.ToString();
            if (now != last || !await IsQuiet(system, stores, delivered))
                (last, since) = (now, Stopwatch.GetTimestamp());
            return Stopwatch.GetElapsedTime(since) > s_calm;
        }, s_patience);
        stores!.Compare(books);
    }

    public override string ToString() => string.Join('\n', [
        .. Orders.Select(o => $"order {o.OrderId} of {o.CustomerId}: {o.Status} {o.Reason} {o.Amount}"),
        .. Payments.Select(p => $"payment of {p.OrderId}: {p.Status} {p.Amount}"),
        .. Deposits.Select(d => $"deposit of {d.CustomerId}: {d.Balance} {d.Owed}"),
        .. Entries.Select(e => $"entry of {e.CustomerId} for {e.OrderId}: {e.Kind} {e.Amount}"),
        .. Vehicles.Select(v => $"car {v.VehicleId}: {v.State} {v.OrderId}"),
    ]);

    static async Task<Stores> Read(ThreeServices system, Books books)
    {
        await using var orders = system.Orders;
        await using var stocks = system.Stocks;
        await using var payments = system.Payments;
        var placed = await orders.Orders.AsNoTracking().Where(o => books.Customers.Contains(o.CustomerId))
            .OrderBy(o => o.OrderId).ToListAsync();
        var ids = placed.ConvertAll(o => o.OrderId);
        return new(
            placed,
            await payments.Payments.AsNoTracking().Where(p => ids.Contains(p.OrderId)).OrderBy(p => p.OrderId)
                .ToListAsync(),
            await payments.Deposits.AsNoTracking().Where(d => books.Customers.Contains(d.CustomerId))
                .OrderBy(d => d.CustomerId).ToListAsync(),
            await payments.LedgerEntries.AsNoTracking().Where(e => books.Customers.Contains(e.CustomerId))
                .OrderBy(e => e.Sequence).ToListAsync(),
            await stocks.Vehicles.AsNoTracking().Where(v => books.Products.Contains(v.ProductId))
                .OrderBy(v => v.VehicleId).ToListAsync(),
            await orders.Set<DeadLetter>().CountAsync() + await stocks.Set<DeadLetter>().CountAsync()
                + await payments.Set<DeadLetter>().CountAsync());
    }

    /// <summary>Every order is decided, and whoever has to hear of it has heard.</summary>
    static async Task<bool> IsQuiet(ThreeServices system, Stores stores, List<Guid> delivered)
    {
        if (stores.Orders.Any(o => o.IsOpen)) return false;
        var keys = stores.Orders.ConvertAll(o => o.OrderId.ToString());
        await using var orders = system.Orders;
        await using var stocks = system.Stocks;
        await using var payments = system.Payments;
        var ended = await Told(orders, s_ends);
        var paid = await Told(payments, [PaymentApproved.Type]);
        return await Heard(orders, [.. paid, .. delivered]) && await Heard(stocks, [.. ended, .. delivered])
            && await Heard(payments, ended);

        Task<List<Guid>> Told(DbContext db, string[] types) => db.Set<OutboxMessage>()
            .Where(m => types.Contains(m.Type) && keys.Contains(m.Key)).Select(m => m.Id).ToListAsync();

        static async Task<bool> Heard(DbContext db, List<Guid> events) =>
            await db.Set<InboxMessage>().CountAsync(m => events.Contains(m.Id)) == events.Count;
    }

    void Compare(Books books)
    {
        foreach (var rental in books.Rentals)
        {
            var order = Orders.SingleOrDefault(o => o.IdempotencyKey == rental.Key);
            Assert.Contains(order?.Status, rental.Ends);
            if (rental.OrderId is { } known) Assert.Equal(known, order?.OrderId);
            if (order is not null) rental.OrderId = order.OrderId;
            if (order is { PaymentId: not null })
            {
                Assert.Equal((rental.Customer, rental.Price), (order.CustomerId, order.Amount));
                rental.Vehicles = order.Vehicles;
            }

            rental.Settle(order?.Status);
        }

        // An attempt that was answered 503 gave its key back, and has nothing.
        var keys = books.Rentals.ConvertAll(r => r.Key);
        Assert.All(Orders.Where(o => !keys.Contains(o.IdempotencyKey ?? "")), o =>
            Assert.Equal((OrderStatus.Rejected, null), (o.Status, o.IdempotencyKey)));
        foreach (var order in Orders) Compare(order);
        foreach (var customer in books.Customers)
        {
            var owed = books.Credits(customer)
                - books.Rentals.Where(r => r.Customer == customer).Sum(r => r.MostPaid * r.Price);
            var deposit = Deposits.Single(d => d.CustomerId == customer);
            Assert.Equal((customer, owed, 0), (customer, deposit.Balance, deposit.Owed));
            Assert.Equal(owed, Entries.Where(e => e.CustomerId == customer).Sum(e => e.Amount));
        }

        foreach (var car in books.Cars)
            Assert.Equal(
                (car.VehicleId, car.IsRetired!.Value),
                (car.VehicleId, Vehicles.Single(v => v.VehicleId == car.VehicleId).State == VehicleState.Retired));
        foreach (var product in books.Products)
            Assert.Equal(
                books.Cars.Count(c => c.ProductId == product && c.IsRetired == false)
                    - books.Rentals.Where(r => r.ProductId == product).Sum(r => r.MostHolding * r.Quantity),
                Vehicles.Count(v => v.ProductId == product && v.IsFree));
        Assert.Equal(0, DeadLetters);
    }

    /// <summary>Money is taken for exactly those orders that have cars or had them until they were returned.</summary>
    void Compare(Order order)
    {
        var payment = Payments.SingleOrDefault(p => p.OrderId == order.OrderId);
        Assert.Equal(
            (order.OrderId, order.Status, Rental.IsPaid(order.Status)),
            (order.OrderId, order.Status, payment?.Status == PaymentStatus.Approved));
        var held = Vehicles.Where(v => v.OrderId == order.OrderId).Select(v => v.VehicleId).ToHashSet();
        Assert.Equal(
            (order.OrderId, order.Status, Rental.Holds(order.Status) ? order.Quantity : 0),
            (order.OrderId, order.Status, held.Count));
        if (Rental.Holds(order.Status)) Assert.All(order.Vehicles, car => Assert.Contains(car.VehicleId, held));
    }
}
