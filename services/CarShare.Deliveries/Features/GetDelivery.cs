using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Deliveries.Features;

static class GetDelivery
{
    public static void Map(RouteGroupBuilder deliveries) => deliveries.MapGet("/{orderId}", Handle);

    static async Task<Results<Ok<DeliveryDto>,
        NotFound>> Handle(Guid orderId, CurrentUser user, DeliveriesDb db, CancellationToken ct)
    {
        var delivery = await db.Deliveries.AsNoTracking().VisibleTo(user)
            .SingleOrDefaultAsync(d => d.OrderId == orderId, ct);
        return delivery is null ? TypedResults.NotFound() : TypedResults.Ok(delivery.ToDto());
    }
}
