using CarShare.Contracts;
using CarShare.Deliveries.Data;
using CarShare.Deliveries.Domain;
using CarShare.Messaging;

namespace CarShare.Deliveries.Events;

static class Announcement
{
    /// <summary>Publishes the status the delivery has just reached.</summary>
    public static void Announce(this DeliveriesDb db, Delivery d)
    {
        var (order, customer, id, address, cars) = (d.OrderId, d.CustomerId!, d.DeliveryId!.Value, d.Address!,
            d.Vehicles);
        var (at, shipper) = (d.ChangedAt!.Value, d.Shipper);
        switch (d.Status)
        {
            case DeliveryStatus.Preparing:
                db.Publish(
                new DeliveryPreparing(order, customer, at, id, address, cars, at, shipper)); break;
            case DeliveryStatus.Dispatched:
                db.Publish(
                new DeliveryDispatched(order, customer, at, id, address, cars, at, shipper)); break;
            case DeliveryStatus.Delivered:
                db.Publish(
                new DeliveryDelivered(order, customer, at, id, address, cars, at, shipper)); break;
            case DeliveryStatus.Cancelled:
                db.Publish(
                new DeliveryCancelled(order, customer, at, id, address, cars, at, shipper)); break;
            case DeliveryStatus.Retrieving:
                db.Publish(
                new DeliveryRetrieving(order, customer, at, id, address, cars, at, shipper)); break;
            case DeliveryStatus.Retrieved:
                db.Publish(
                new DeliveryRetrieved(order, customer, at, id, address, cars, at, shipper)); break;
            default: throw new InvalidOperationException($"{d.Status} is nothing to announce.");
        }
    }
}
