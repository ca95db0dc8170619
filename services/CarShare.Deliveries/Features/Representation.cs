using CarShare.Contracts;
using CarShare.Deliveries.Domain;
using CarShare.ServiceDefaults;

namespace CarShare.Deliveries.Features;

static class Representation
{
    /// <summary>Needs a delivery that is prepared at least.</summary>
    public static DeliveryDto ToDto(this Delivery d) => new(
        d.DeliveryId!.Value, d.OrderId, d.CustomerId!, d.Address!, d.Vehicles, d.Status!.Value,
        [.. d.History.OrderBy(step => step.Status).Select(step => new DeliveryHistoryDto(step.Status, step.At))],
            d.Shipper);

    public static IQueryable<Delivery> VisibleTo(this IQueryable<Delivery> deliveries, CurrentUser user) =>
        user.IsOperator ? deliveries.Where(d => d.Status != null)
            : deliveries.Where(d => d.Status != null && d.CustomerId == user.CustomerId);
}
