using System.Diagnostics;
using CarShare.Contracts;
using CarShare.Notifications.Data;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Notifications;

/// <summary>Notifications whose only channel is the inbox, as delivered.</summary>
public sealed class InboxOnlyFixture(Servers servers) : ServiceFixture<NotificationsDb>(servers, "notificationsdb");

public sealed class ThroughputTests(InboxOnlyFixture notifications) : IClassFixture<InboxOnlyFixture>
{
    [Fact]
    public async Task Thousands_of_events_a_second_are_each_stored_once()
    {
        const int Count = 20_000;
        await notifications.Broker.Publish(NotificationsFixture.Payment("first"));
        await Eventually.Holds("the consumer is at work", async () => await Stored() == 1);

        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Count).Select(i => notifications.Broker.Publish(NotificationsFixture.Payment($"customer-{i % 100}"))));
        var published = watch.Elapsed;
        await Eventually.Holds("all are stored", async () => await Stored() == Count + 1, TimeSpan.FromSeconds(60));
        watch.Stop();

        TestContext.Current.SendDiagnosticMessage(
            $"notifications: {Count / watch.Elapsed.TotalSeconds:N0} events/s ({watch.ElapsedMilliseconds} ms in all, {published.TotalMilliseconds:N0} ms of them while they were still being published)");
        Assert.True(Count / watch.Elapsed.TotalSeconds > 1_000, "far slower than the 3,000 events/s that an idle machine with two cores does");
    }

    Task<int> Stored() => notifications.Query(db => db.Notifications.CountAsync());
}
