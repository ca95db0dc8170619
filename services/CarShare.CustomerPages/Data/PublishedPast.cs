using System.Runtime.CompilerServices;
using System.Text;
using CarShare.Contracts;
using CarShare.Messaging;

namespace CarShare.CustomerPages.Data;

/// <summary>What the publishers remember, read for one order or customer beside the live traffic.</summary>
public sealed class PublishedPast(HttpClient http)
{
    const int Page = 1_000;

    /// <summary>The events of one partition in sequence order, up to what is committed now.</summary>
    public async IAsyncEnumerable<ReceivedEvent> Read(string topic, int partition,
        [EnumeratorCancellation] CancellationToken ct)
    {
        var (after, isEnd) = (0L, false);
        while (!isEnd)
        {
            var asked = $"topic={topic}&partition={partition}&after={after}&take={Page}";
            var uri = $"http://{Topics.SourceOf(topic)}/internal/events?{asked}";
            var page = await http.GetFromJsonAsync<EventPage>(uri, EventJson.Options, ct)
                ?? throw new InvalidOperationException($"{topic} answered nothing.");
            foreach (var e in page.Items)
            {
                yield return new(
                    e.Id, e.Type, e.Sequence, e.OccurredAt, topic, partition, 0, e.Key,
                    Encoding.UTF8.GetBytes(e.Payload), e.TraceParent);
            }

            (after, isEnd) = (page.Next, page.IsEnd);
        }
    }
}
