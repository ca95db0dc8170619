using System.Text;
using CarShare.Contracts;
using CarShare.Messaging;

namespace CarShare.UnitTests.Contracts;

public sealed class CloudEventTests
{
    // N5 D2: what ties a rental's events together is its order's id, never a time.
    [Fact]
    public void Key_subject_and_correlation_id_of_an_event_are_its_order()
    {
        var order = Guid.CreateVersion7();
        var record = CloudEvent.ToRecord(
            new()
            {
                Id = Guid.CreateVersion7(),
                Sequence = 1,
                Type = OrderPlaced.Type,
                Topic = OrderPlaced.Topic,
                Key = order.ToString(),
                Payload = "{}",
                OccurredAt = DateTimeOffset.UnixEpoch
            }, "/orders", 1);

        Assert.Equal($"{order}", record.Key);
        foreach (var header in (string[])["ce_subject", "ce_correlationid"])
            Assert.Equal($"{order}", Encoding.UTF8.GetString(record.Headers.GetLastBytes(header)));
    }

    // D2
    [Fact]
    public void Ids_made_in_the_same_millisecond_differ()
    {
        var moment = DateTimeOffset.UnixEpoch.AddYears(56);
        Assert.Equal(100_000, Enumerable.Range(0, 100_000).Select(_ => Guid.CreateVersion7(moment)).Distinct().Count());
    }
}
