using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Messaging;

namespace CarShare.Deliveries.Events;

static class CancelDelivery
{
    public static Task Handle(OrderCancelled e, EventContext<DeliveriesDb> context, CancellationToken ct)
    {
        var delivery = context.Db.Deliveries.Header(e.OrderId);
        if (delivery.Cancel(context.Services.GetRequiredService<TimeProvider>().GetUtcNow())) context.Db.Announce(
            delivery);
        return Task.CompletedTask;
    }
}
