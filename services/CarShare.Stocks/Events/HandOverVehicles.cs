using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Stocks.Data;

namespace CarShare.Stocks.Events;

/// <summary>The customer has the cars.</summary>
static class HandOverVehicles
{
    public static Task Handle(DeliveryDelivered delivered, EventContext<StocksDb> context, CancellationToken ct)
    {
        context.Db.Orders.Header(delivered.OrderId).HandOver(delivered.At.ToUniversalTime());
        return Task.CompletedTask;
    }
}
