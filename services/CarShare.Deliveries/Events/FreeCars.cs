using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Messaging;

namespace CarShare.Deliveries.Events;

/// <summary>The rental is over: whoever rents its cars next may have them brought.</summary>
static class FreeCars
{
    public static Task Handle(OrderReturned e, EventContext<DeliveriesDb> context, CancellationToken ct) =>
        context.Db.ReleaseCars([e.OrderId], ct);
}
