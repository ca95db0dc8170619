using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Deliveries.Domain;
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
        var rows = await db.List(user, status, paging.After).Take(paging.Size + 1).ToListAsync(ct);
        return TypedResults.Ok(Page.Of(rows.ConvertAll(d => d.ToDto()), paging, d => d.DeliveryId));
    }

    /// <summary>A filter that is not asked for is not in the statement: its plan would be one for both.</summary>
    internal static IQueryable<Delivery> List(this DeliveriesDb db, CurrentUser user, DeliveryStatus? status,
        Guid? after)
    {
        var deliveries = db.Deliveries.AsNoTracking().VisibleTo(user);
        if (status is { } wanted) deliveries = deliveries.Where(d => d.Status == wanted);
        if (after is { } last) deliveries = deliveries.Where(d => d.DeliveryId < last);
        return deliveries.OrderByDescending(d => d.DeliveryId);
    }
}
