using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Messaging;

namespace CarShare.Deliveries.Events;

static class PrepareDelivery
{
    public static Task Handle(OrderPlaced e, EventContext<DeliveriesDb> context, CancellationToken ct)
    {
        var db = context.Db;
        var delivery = db.Deliveries.Header(e.OrderId);
        var now = context.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        if (!delivery.Prepare(e.CustomerId, e.DeliveryAddress, e.Vehicles, e.Revision, now)) return Task.CompletedTask;

        db.Entry(delivery).Property(DeliveriesDb.TraceParent).CurrentValue = context.Received.TraceParent;
        db.Announce(delivery);
        return Task.CompletedTask;
    }
}
