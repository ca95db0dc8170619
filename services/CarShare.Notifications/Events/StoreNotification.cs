using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Notifications.Channels;
using CarShare.Notifications.Data;
using CarShare.Notifications.Domain;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Notifications.Events;

static class StoreNotification
{
    public static void OnEveryChange(Subscriptions<NotificationsDb> events) => events
        .LockFirst(LoadTold)
        .On<OrderPlaced>(Handle).On<OrderAwaitingPayment>(Handle).On<OrderRejected>(Handle).On<OrderCancelled>(Handle).On<OrderReturned>(Handle)
        .On<PaymentApproved>(Handle).On<PaymentDeclined>(Handle).On<PaymentRefunded>(Handle).On<UsageBilled>(Handle).On<DepositCredited>(Handle)
        .On<DeliveryPreparing>(Handle).On<DeliveryDispatched>(Handle).On<DeliveryDelivered>(Handle)
        .On<DeliveryCancelled>(Handle).On<DeliveryRetrieving>(Handle).On<DeliveryRetrieved>(Handle);

    /// <summary>One look for the whole batch at what customers were told before, should the inbox have forgotten it.</summary>
    static Task LoadTold(NotificationsDb db, IReadOnlyList<ReceivedEvent> events, CancellationToken ct)
    {
        var ids = events.Select(e => e.Id).ToArray();
        return db.Notifications.Where(n => ids.Contains(n.NotificationId)).LoadAsync(ct);
    }

    static Task Handle(OrderEvent e, EventContext<NotificationsDb> context, CancellationToken ct) => Store(e.CustomerId, e.OrderId, e.OccurredAt, Texts.Of(e), context);

    static Task Handle(PaymentEvent e, EventContext<NotificationsDb> context, CancellationToken ct) => Store(e.CustomerId, e.OrderId, e.OccurredAt, Texts.Of(e), context);

    static Task Handle(DeliveryEvent e, EventContext<NotificationsDb> context, CancellationToken ct) => Store(e.CustomerId, e.OrderId, e.OccurredAt, Texts.Of(e), context);

    static Task Handle(DepositCredited e, EventContext<NotificationsDb> context, CancellationToken ct) => Store(e.CustomerId, null, e.OccurredAt, Texts.Of(e), context);

    static Task Store(string customerId, Guid? orderId, DateTimeOffset at, Text text, EventContext<NotificationsDb> context)
    {
        var (db, services, received) = context;
        if (db.Notifications.Local.FindEntry(received.Id) is not null) return Task.CompletedTask;

        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        db.Add(new Notification
        {
            NotificationId = received.Id,
            CustomerId = customerId,
            OrderId = orderId,
            Kind = KindOf(received.Type),
            TextKo = text.Korean,
            TextEn = text.English,
            CreatedAt = at.ToUniversalTime(),
            Channels = [.. services.GetServices<INotificationChannel>().Select(channel => Dispatch.Waiting(channel.Name, now))],
        });
        return Task.CompletedTask;
    }

    /// <summary><c>carshare.order.placed.v1</c> is <c>order.placed</c>.</summary>
    static string KindOf(string type) => type[(type.IndexOf('.') + 1)..type.LastIndexOf('.')];
}
