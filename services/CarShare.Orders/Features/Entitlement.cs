using System.Collections.Concurrent;
using CarShare.Contracts;
using CarShare.Orders.Clients;
using CarShare.Orders.Domain;

namespace CarShare.Orders.Features;

/// <summary>
/// Entitlement before effect: what cannot be paid takes no cars from others. Advice only, the debit decides; so a price
/// known from the last
/// reservation is good enough to go on with, but nobody is refused for one that may have changed.
/// </summary>
sealed class Entitlement(StocksClient stocks, PaymentsClient payments, Prices prices)
{
    /// <returns>True when the deposit covers the price, false when nobody can tell at the moment.</returns>
    public async Task<Verdict<bool>> Check(Order order, CancellationToken ct)
    {
        var balance = await payments.Balance(order.CustomerId, ct);
        if (balance.Refusal is not null) return false;
        if (prices.Find(order.ProductId) is { } known && order.PriceAt(known) <= balance.Value) return true;

        var rate = await stocks.HourlyRate(order.ProductId, ct);
        if (rate.Refusal is { } refusal) return refusal;
        prices.Learn(order.ProductId, rate.Value);
        var amount = order.PriceAt(rate.Value);
        if (amount > Order.MaxAmount) return Rules.AmountTooLarge;
        return amount <= balance.Value ? true : Rules.PaymentDeclined;
    }
}

/// <summary>The hourly rates this process has heard of.</summary>
sealed class Prices
{
    const int Most = 10_000;

    readonly ConcurrentDictionary<Guid, decimal> _rates = new();

    public decimal? Find(Guid productId) => _rates.TryGetValue(productId, out var rate) ? rate : null;

    public void Learn(Guid productId, decimal hourlyRate)
    {
        if (_rates.Count >= Most) _rates.Clear();
        _rates[productId] = hourlyRate;
    }
}
