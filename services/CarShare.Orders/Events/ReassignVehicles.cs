using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;

namespace CarShare.Orders.Events;

static class ReassignVehicles
{
    public static Task Handle(VehicleReassigned e, EventContext<OrdersDb> context, CancellationToken ct)
    {
        context.Order(e.OrderId)?.Reassign(e.Vehicles, e.Revision);
        return Task.CompletedTask;
    }
}
