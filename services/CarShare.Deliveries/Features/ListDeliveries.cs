using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Deliveries.Features;

static class ListDeliveries
{
    public static void Map(RouteGroupBuilder deliveries) => deliveries.MapGet("/", Handle);

    static async Task<Ok<Page<DeliveryDto>>> Handle(
        DeliveryStatus? status, [AsParameters] Paging paging, CurrentUser user, DeliveriesDb db, CancellationToken ct)
    {
        var after = paging.After;
        var rows = await db.Deliveries.AsNoTracking().VisibleTo(user)
            .Where(d => status == null || d.Status == status)
            .Where(d => after == null || d.DeliveryId < after)
            .OrderByDescending(d => d.DeliveryId)
            .Take(paging.Take + 1)
            .ToListAsync(ct);
        return TypedResults.Ok(Page.Of(rows.ConvertAll(d => d.ToDto()), paging, d => d.DeliveryId));
    }
}
