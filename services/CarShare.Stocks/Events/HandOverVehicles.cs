using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Stocks.Data;

namespace CarShare.Stocks.Events;

/// <summary>The customer has the cars.</summary>
static class HandOverVehicles
{
    public static async Task Handle(DeliveryDelivered delivered, EventContext<StocksDb> context, CancellationToken ct)
    {
        var order = await context.Order(delivered.OrderId, ct);
        order.HandOver(delivered.At.ToUniversalTime());
    }
}
