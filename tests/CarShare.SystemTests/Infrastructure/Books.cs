using CarShare.Contracts;
using CarShare.Tests;

namespace CarShare.SystemTests;

/// <summary>
/// Counts one product's cars and its customers' money against their orders, as an auditor would from outside.
/// </summary>
public static class Books
{
    static readonly OrderStatus[] Holding =
        [OrderStatus.Placed, OrderStatus.Preparing, OrderStatus.Dispatched, OrderStatus.InUse];

    /// <summary>
    /// Waits until cars and money are exactly where the orders say; every customer topped up
    /// <paramref name="toppedUp"/> once.
    /// </summary>
    public static async Task Balance(
        Operator company, Guid productId, IReadOnlyCollection<Customer> customers, decimal toppedUp,
        TimeSpan? within = null)
    {
        var complaint = "";
        await Eventually.Holds("the books balance", async () => (complaint =
            await Complaint(company, productId, customers, toppedUp)) is "", within ?? TimeSpan.FromSeconds(30))
            .ContinueWith(done => done.IsFaulted
                ? throw new Xunit.Sdk.XunitException($"{done.Exception.InnerException!.Message} {complaint}")
                : done, TaskScheduler.Default).Unwrap();
    }

    static async Task<string> Complaint(
        Operator company, Guid productId, IReadOnlyCollection<Customer> customers, decimal toppedUp)
    {
        var held = new Dictionary<Guid, Guid>();
        foreach (var customer in customers)
        {
            var orders = await customer.Http.All<OrderDto>("/orders");
            if (orders.FirstOrDefault(o => o.Status is OrderStatus.Pending or OrderStatus.AwaitingPayment) is { } open)
                return $"order {open.OrderId} is {open.Status}";
            var holding = orders.Where(o => Holding.Contains(o.Status)).ToList();
            foreach (var order in holding)
            {
                if (order.Vehicles.Count != order.Quantity)
                    return $"order {order.OrderId} has {order.Vehicles.Count} of {order.Quantity} cars";
                foreach (var car in order.Vehicles)
                {
                    if (!held.TryAdd(car.VehicleId, order.OrderId))
                        return $"car {car.Plate} is in {order.OrderId} and {held[car.VehicleId]}";
                }
            }

            var deposit = await customer.Deposit();
            var paid = holding.Sum(o => o.Amount!.Value);
            if (deposit.Balance - deposit.Owed != toppedUp - paid)
                return $"{customer.Name} has {deposit.Balance} instead of {toppedUp - paid}";
            var payments = await customer.Http.All<PaymentDto>("/payments");
            if (payments.Where(p => p.Status == PaymentStatus.Approved).Select(p => p.OrderId).Except(orders.Where(o =>
                Holding.Contains(o.Status) || o.Status == OrderStatus.Returned).Select(o => o.OrderId)).Any())
            {
                return $"{customer.Name} paid for an order that does not stand";
            }
        }

        foreach (var car in await company.Vehicles(productId))
        {
            var holder = held.TryGetValue(car.VehicleId, out var order) ? order : (Guid?)null;
            if (car.OrderId != holder) return $"car {car.Plate} is held by {car.OrderId}, the orders say {holder}";
        }

        return "";
    }
}
