using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Messaging;

namespace CarShare.Deliveries.Events;

static class ReassignVehicles
{
    public static Task Handle(VehicleReassigned e, EventContext<DeliveriesDb> context, CancellationToken ct)
    {
        context.Db.Header(e.OrderId).Reassign(e.Vehicles, e.Revision);
        return Task.CompletedTask;
    }
}
