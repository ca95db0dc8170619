using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;

namespace CarShare.ServiceTests.CustomerPages;

/// <summary>
/// The events of one rental, each made once with its own id, time and sequence, so that they can be told in any order
/// and again. The order was made now, or so many days before.
/// </summary>
sealed class Story(string customer, int daysOld = 0)
{
    static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    readonly List<ReceivedEvent> _events = [];

    public Guid Order { get; } = Guid.CreateVersion7(DateTimeOffset.UtcNow.AddDays(-daysOld));

    public Guid Product { get; } = Guid.CreateVersion7();

    public string Customer => customer;

    public VehicleRef First { get; } = new(Guid.CreateVersion7(), "12가3456");

    public VehicleRef Second { get; } = new(Guid.CreateVersion7(), "78나9012");

    public IReadOnlyList<ReceivedEvent> Events => _events;

    DateTimeOffset Next => Start.AddMinutes(_events.Count);

    public Story Placed() => Add(new OrderPlaced(
        Order, customer, Next, Product, "Ioniq \"5\"", 1, [First], 1, 2, 15_000, 30_000, Guid.CreateVersion7(),
        "1 Sejong-daero, Seoul"));

    public Story AwaitingPayment() =>
        Add(new OrderAwaitingPayment(Order, customer, Next, 30_000, Next.AddMinutes(10), Product, 1));

    public Story Progressed(OrderStatus status, DateTimeOffset? returnBy = null) =>
        Add(new OrderProgressed(Order, customer, Next, status, returnBy));

    public Story InUse() => Progressed(OrderStatus.InUse, Start.AddHours(2));

    public Story Cancelled() => Add(new OrderCancelled(Order, customer, Next, CancelReason.Customer, Product, 1));

    public Story Returned() => Add(new OrderReturned(Order, customer, Next, Next, "Busan", 0, 0));

    public Story Approved() => Add(new PaymentApproved(Order, customer, Next, Guid.CreateVersion7(), 30_000));

    public Story Declined() => Add(new PaymentDeclined(Order, customer, Next, 30_000, "insufficient"));

    public Story Refunded() => Add(new PaymentRefunded(Order, customer, Next, Guid.CreateVersion7(), 30_000));

    public Story Preparing() => Add(new DeliveryPreparing(Order, customer, Next, Order, "Seoul", [First], Next));

    public Story Dispatched() => Add(new DeliveryDispatched(Order, customer, Next, Order, "Seoul", [First], Next));

    public Story Delivered() => Add(new DeliveryDelivered(Order, customer, Next, Order, "Seoul", [First], Next));

    public Story DeliveryCancelled() =>
        Add(new DeliveryCancelled(Order, customer, Next, Order, "Seoul", [First], Next));

    public Story Reassigned() => Add(new VehicleReassigned(Order, Next, [Second], 2));

    public Story Shortage() => Add(new StockShortage(Order, Next, Product, First.VehicleId, 1));

    Story Add<TEvent>(TEvent fact)
        where TEvent : class, IEvent
    {
        _events.Add(Received(fact, _events.Count + 1));
        return this;
    }

    public static ReceivedEvent Received<TEvent>(TEvent fact, long sequence)
        where TEvent : class, IEvent =>
        new(Guid.CreateVersion7(), TEvent.Type, sequence, fact.OccurredAt, TEvent.Topic, 0, 0, fact.Key,
            JsonSerializer.SerializeToUtf8Bytes(fact, EventJson.Options), null)
        { Complete = sequence };
}
