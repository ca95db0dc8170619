using System.Net;
using CarShare.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Model;

/// <summary>
/// The model: what customers put in, what there is to rent, and what was asked for. Where an answer was lost it knows
/// bounds instead of numbers.
/// </summary>
sealed class Books
{
    public string[] Customers { get; } =
        [.. Enumerable.Range(0, Step.Customers).Select(_ => $"model-{Guid.NewGuid():N}")];

    public List<TopUp> TopUps { get; } = [];

    public List<Rental> Rentals { get; } = [];

    public List<Car> Cars { get; } = [];

    public IReadOnlyList<Guid> Products => [.. Cars.Select(car => car.ProductId).Distinct()];

    /// <summary>Cars that are free for this rental for sure.</summary>
    public int LeastFree(Rental wanted) => Cars.Count(c => c.ProductId == wanted.ProductId && c.IsRetired == false)
        + wanted.Quantity
        - Rentals.Where(r => r.ProductId == wanted.ProductId).Sum(r => r.MostHolding * r.Quantity);

    public int MostFree(Rental wanted) => Cars.Count(c => c.ProductId == wanted.ProductId && c.IsRetired != true)
        - Others(wanted).Where(r => r.ProductId == wanted.ProductId && r.SurelyHolds).Sum(r => r.Quantity);

    /// <summary>What the customer of this rental can pay for sure.</summary>
    public decimal LeastBalance(Rental wanted) => Credits(wanted.Customer, t => t.IsSure) + wanted.Price
        - Rentals.Where(r => r.Customer == wanted.Customer).Sum(r => r.MostPaid * r.Price);

    public decimal MostBalance(Rental wanted) => Credits(wanted.Customer)
        - Others(wanted).Where(r => r.Customer == wanted.Customer && r.IsSurelyPaid).Sum(r => r.Price);

    /// <summary>The first answer to a request, held against the bounds.</summary>
    public void Answered(Rental rental, HttpStatusCode status, string? problem)
    {
        switch ((status, problem))
        {
            case (HttpStatusCode.Created, _):
                Assert.True(MostFree(rental) >= rental.Quantity, $"{MostFree(rental)} cars for {rental}");
                Assert.True(MostBalance(rental) >= rental.Price, $"{MostBalance(rental)} for {rental}");
                rental.Becomes(OrderStatus.Placed);
                break;
            case (HttpStatusCode.Accepted, _):
                rental.Becomes(OrderStatus.Placed, OrderStatus.Cancelled);
                break;
            case (HttpStatusCode.PaymentRequired, _):
                Assert.True(LeastBalance(rental) < rental.Price, $"{LeastBalance(rental)} does for {rental}");
                rental.Becomes(OrderStatus.Rejected);
                break;
            case (HttpStatusCode.Conflict, "out-of-stock"):
                Assert.True(LeastFree(rental) < rental.Quantity, $"{LeastFree(rental)} cars do for {rental}");
                rental.Becomes(OrderStatus.Rejected);
                break;
            case (HttpStatusCode.Conflict, "order-closed"):
                rental.Becomes(OrderStatus.Rejected, OrderStatus.Cancelled);
                break;
            default:
                Assert.Fail($"{status} {problem} to {rental}");
                break;
        }
    }

    /// <summary>Of all orders of the customers, also those that they never heard of.</summary>
    public async Task<List<Guid>> OrderIds(ThreeServices system)
    {
        await using var orders = system.Orders;
        return await orders.Orders.Where(o => Customers.Contains(o.CustomerId)).OrderBy(o => o.OrderId)
            .Select(o => o.OrderId).ToListAsync();
    }

    public decimal Credits(string customer) => Credits(customer, _ => true);

    decimal Credits(string customer, Func<TopUp, bool> which) =>
        TopUps.Where(t => t.Customer == customer && which(t)).Sum(t => t.Amount);

    IEnumerable<Rental> Others(Rental rental) => Rentals.Where(r => r != rental);
}

sealed class TopUp(string customer, decimal amount)
{
    public string Customer => customer;

    public decimal Amount => amount;

    public string Key { get; } = Guid.NewGuid().ToString();

    /// <summary>It was answered.</summary>
    public bool IsSure { get; set; }
}

sealed class Car(Guid vehicleId, Guid productId)
{
    public Guid VehicleId => vehicleId;

    public Guid ProductId => productId;

    /// <summary>Null while nobody knows.</summary>
    public bool? IsRetired { get; set; } = false;
}
