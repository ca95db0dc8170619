using System.Text;
using CarShare.LoadTests.Checking;
using Confluent.Kafka;

namespace CarShare.SystemTests;

/// <summary>What anybody may have written into a topic is judged, whatever it is.</summary>
public sealed class CheckedTopicTests
{
    [Fact]
    public void A_tombstone_and_a_record_without_headers_are_events_that_no_outbox_knows()
    {
        var content = new TopicContent();
        content.Add(new() { Key = "deleted", Value = null!, Headers = null! });
        content.Add(new() { Key = null!, Value = "{}"u8.ToArray(), Headers = [new Header("ce_id", null)] });
        content.Add(new()
        {
            Key = "twice",
            Value = "1"u8.ToArray(),
            Headers = [new Header(
            "ce_id", Encoding.UTF8.GetBytes($"{Guid.Empty}"))]
        });
        content.Add(new()
        {
            Key = "twice",
            Value = "2"u8.ToArray(),
            Headers = [new Header(
            "ce_id", Encoding.UTF8.GetBytes($"{Guid.Empty}"))]
        });

        Assert.Equal((4, 3), (content.Records, content.Unasked.Count));
        Assert.Equal([Guid.Empty], content.Contradictions);
    }
}
