using System.Text.Json;
using CarShare.Contracts;
using CarShare.CustomerPages.Domain;
using CarShare.Messaging;

namespace CarShare.CustomerPages.Events;

/// <summary>
/// From a record to what it tells: a <see cref="PageChange"/>, a <see cref="ProductChange"/>, a <see
/// cref="CustomerChange"/>, or nothing for a type no page shows.
/// </summary>
public static class EventReader
{
    static readonly Dictionary<string, Func<byte[], object?>> Readers = [];

    static EventReader()
    {
        On<OrderPlaced>(Projection.Of);
        On<OrderProgressed>(Projection.Of);
        On<OrderAwaitingPayment>(Projection.Of);
        On<OrderRejected>(Projection.Of);
        On<OrderCancelled>(Projection.Of);
        On<OrderReturned>(Projection.Of);
        On<PaymentApproved>(Projection.Of);
        On<PaymentDeclined>(Projection.Of);
        On<PaymentRefunded>(Projection.Of);
        On<UsageBilled>(Projection.Of);
        On<DepositCredited>(Projection.Of);
        On<DeliveryPreparing>(Projection.Of);
        On<DeliveryDispatched>(Projection.Of);
        On<DeliveryDelivered>(Projection.Of);
        On<DeliveryCancelled>(Projection.Of);
        On<DeliveryRetrieving>(Projection.Of);
        On<DeliveryRetrieved>(Projection.Of);
        On<VehicleReassigned>(Projection.Of);
        On<StockShortage>(Projection.Of);
        On<ProductRegistered>(Projection.Of);
        On<ProductChanged>(Projection.Of);
    }

    /// <exception cref="JsonException">The record is not what its type says.</exception>
    public static object? Read(ReceivedEvent received) => Readers.TryGetValue(received.Type, out var read)
        ? read(received.Payload) : null;

    static void On<TEvent>(Func<TEvent, object?> project)
        where TEvent : class, IEvent =>
        Readers.Add(TEvent.Type, payload =>
        {
            var told = project(JsonSerializer.Deserialize<TEvent>(payload, EventJson.Options)
                ?? throw new JsonException("The event is null."));
            // Only stocks may speak of an order without its customer.
            if (told is PageChange change
                && (change.OrderId == Guid.Empty || string.IsNullOrEmpty(change.CustomerId)
                && TEvent.Topic != Topics.Stocks))
                throw new JsonException($"{TEvent.Type} names no order or no customer.");
            if (told is ProductChange { ProductId: var product } && product == Guid.Empty) throw new JsonException(
                $"{TEvent.Type} names no product.");
            if (told is CustomerChange { CustomerId: null or "" }) throw new JsonException(
                $"{TEvent.Type} names no customer.");
            return told;
        });
}
