using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Notifications.Channels;
using CarShare.Notifications.Data;
using CarShare.Notifications.Domain;
using CarShare.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Notifications.Events;

static class StoreNotification
{
    public static void OnEveryChange(Subscriptions<NotificationsDb> events) => events
        .LockFirst(Prepare)
        .On<OrderPlaced>(Handle).On<OrderAwaitingPayment>(Handle).On<OrderRejected>(Handle).On<OrderCancelled>(Handle)
        .On<OrderReturned>(Handle).On<PaymentApproved>(Handle).On<PaymentDeclined>(Handle).On<PaymentRefunded>(Handle)
        .On<UsageBilled>(Handle).On<DepositCredited>(Handle).On<DeliveryPreparing>(Handle)
            .On<DeliveryDispatched>(Handle)
        .On<DeliveryDelivered>(Handle).On<DeliveryCancelled>(Handle).On<DeliveryRetrieving>(Handle)
            .On<DeliveryRetrieved>(Handle)
        .On<VehicleReassigned>(Handle);

    static async Task Prepare(NotificationsDb db, IReadOnlyList<ReceivedEvent> events, CancellationToken ct)
    {
        await db.LockRentals(events, ct);
        await db.StoreAddresses(events, ct);
        // One look for the whole batch at what customers were told before, should the inbox have forgotten it.
        var ids = events.Select(e => e.Id).ToArray();
        await db.Notifications.Where(n => ids.Contains(n.NotificationId)).LoadAsync(ct);
    }

    static async Task Handle(OrderPlaced e, EventContext<NotificationsDb> context, CancellationToken ct)
    {
        Store(context.Received.Id, context.Received.Type, e.CustomerId, e.OrderId, e.OccurredAt, Texts.Of(e), context);
        var rental = context.Db.Rentals.Header(e.OrderId);
        foreach (var news in rental.Place(e.CustomerId, e.Revision))
        {
            // Told when it came, it may have been told to the customer before the inbox forgot it.
            if (await context.Db.Notifications.FindAsync([news.EventId], ct) is null) Store(news, e.CustomerId,
                e.OrderId, context);
        }
    }

    static Task Handle(VehicleReassigned e, EventContext<NotificationsDb> context, CancellationToken ct)
    {
        var rental = context.Db.Rentals.Header(e.OrderId);
        var replacement = new Replacement(context.Received.Id, e.OccurredAt, e.Revision, e.Vehicles);
        if (rental.Replace(replacement)) Store(replacement, rental.CustomerId!, e.OrderId, context);
        return Task.CompletedTask;
    }

    static Task Handle(OrderEvent e, EventContext<NotificationsDb> context, CancellationToken ct) =>
        Store(e.CustomerId, e.OrderId, e.OccurredAt, Texts.Of(e), context);

    static Task Handle(PaymentEvent e, EventContext<NotificationsDb> context, CancellationToken ct) =>
        Store(e.CustomerId, e.OrderId, e.OccurredAt, Texts.Of(e), context);

    static Task Handle(DeliveryEvent e, EventContext<NotificationsDb> context, CancellationToken ct) =>
        Store(e.CustomerId, e.OrderId, e.OccurredAt, Texts.Of(e), context);

    static Task Handle(DepositCredited e, EventContext<NotificationsDb> context, CancellationToken ct) =>
        Store(e.CustomerId, null, e.OccurredAt, Texts.Of(e), context);

    static Task Store(string customerId, Guid? orderId, DateTimeOffset at, Text text,
        EventContext<NotificationsDb> context)
    {
        Store(context.Received.Id, context.Received.Type, customerId, orderId, at, text, context);
        return Task.CompletedTask;
    }

    static void Store(Replacement news, string customerId, Guid orderId, EventContext<NotificationsDb> context) =>
        Store(news.EventId, VehicleReassigned.Type, customerId, orderId, news.At, Texts.Of(news), context);

    static void Store(
        Guid id, string type, string customerId, Guid? orderId, DateTimeOffset at, Text text,
        EventContext<NotificationsDb> context)
    {
        var (db, services) = (context.Db, context.Services);
        if (db.Notifications.Local.FindEntry(id) is not null) return;

        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        db.Add(new Notification
        {
            NotificationId = id,
            CustomerId = customerId,
            OrderId = orderId,
            Kind = KindOf(type),
            TextKo = text.Korean,
            TextEn = text.English,
            CreatedAt = at.ToUniversalTime(),
            Channels = [.. services.GetServices<INotificationChannel>()
                .Select(channel => Dispatch.Waiting(channel.Name, now))],
        });
    }

    /// <summary><c>carshare.order.placed.v1</c> is <c>order.placed</c>.</summary>
    static string KindOf(string type) => type[(type.IndexOf('.') + 1)..type.LastIndexOf('.')];
}
