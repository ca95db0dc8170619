using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Messaging;

namespace CarShare.Deliveries.Events;

static class ReassignVehicles
{
    public static async Task Handle(VehicleReassigned e, EventContext<DeliveriesDb> context, CancellationToken ct)
    {
        var delivery = context.Db.Deliveries.Header(e.OrderId);
        if (delivery.Reassign(e.Vehicles, e.Revision) && delivery.IsUnderWay) await context.Db.ExchangeCars(delivery,
            ct);
    }
}
