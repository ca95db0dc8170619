using CarShare.Contracts;
using CarShare.ServiceTests.Notifications;

namespace CarShare.ServiceTests.Sagas;

public sealed class NotificationsSagaTests(InboxOnlyFixture notifications) : IClassFixture<InboxOnlyFixture>
{
    [Fact]
    public async Task The_whole_past_read_again_tells_nobody_anything_twice()
    {
        var told = new List<Guid>();
        for (var i = 0; i < 100; i++)
        {
            var (order, customer, now) = (Guid.CreateVersion7(), $"customer-{i % 10}", DateTimeOffset.UtcNow);
            told.Add(await notifications.Broker.Publish(new OrderPlaced(
                order, customer, now, order, "Ioniq 5", 1, [new(order, "12가3456")], 1, 2, 9_000, 18_000,
                order, "Seoul")));
            told.Add(await notifications.Broker.Publish(new PaymentApproved(order, customer, now, order, 18_000)));
            told.Add(await notifications.Broker.Publish(
                new DeliveryDispatched(order, customer, now, order, "Seoul", [], now)));
            if (i % 2 == 0)
                told.Add(await notifications.Broker.Publish(
                    new OrderCancelled(order, customer, now, CancelReason.Customer, order, 1)));
        }

        await notifications.AllHandled(told);
        await Replay.ChangesNothing(notifications);
    }
}
