using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Stocks.Data;

namespace CarShare.Stocks.Events;

/// <summary>Cars that were on their way when the order was cancelled are back at their place.</summary>
static class BringVehiclesBack
{
    public static async Task Handle(DeliveryRetrieved retrieved, EventContext<StocksDb> context, CancellationToken ct)
    {
        var order = context.Db.Orders.Header(retrieved.OrderId);
        if (order.ProductId is null
            || await context.Db.Products.FindAsync([order.ProductId.Value], ct) is not { } product) return;
        order.BringBack([.. retrieved.Vehicles.Select(v => v.VehicleId)], product.Location,
            retrieved.At.ToUniversalTime());
    }
}
