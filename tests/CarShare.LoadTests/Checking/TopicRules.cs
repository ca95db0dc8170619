using CarShare.Contracts;

namespace CarShare.LoadTests.Checking;

/// <summary>The topics against the outboxes they were filled from.</summary>
static class TopicRules
{
    // A row is marked as sent up to this long after its record was written: a broker that was lost in between took the
    // record with it.
    static readonly TimeSpan Marking = TimeSpan.FromSeconds(15);

    public static async Task<List<Violation>> Find(Stores stores, BrokerLog broker, CancellationToken ct)
    {
        var found = new List<Violation>();
        foreach (var topic in Topics.All) found.AddRange(await Find(stores, topic, broker.Read(topic, ct), ct));
        return found;
    }

    static async Task<List<Violation>> Find(Stores stores, string topic, TopicContent content, CancellationToken ct)
    {
        var found = content.Contradictions.Distinct().Select(
            id => new Violation(Rules.OneContent, id.ToString(), $"{topic} holds this event with different contents"))
            .ToList();
        var outbox = stores.OfServices[Topics.SourceOf(topic)].Rows(
            "SELECT id, type, key, sequence, payload, sent_at FROM outbox WHERE sent_at IS NOT NULL",
            r => (Id: r.GetGuid(0), Type: r.GetString(1), Key: r.GetString(2), Sequence: r.GetInt64(3),
                Payload: r.GetString(4), SentAt: r.GetDateTime(5)), ct);
        await foreach (var row in outbox)
        {
            switch (content.Holds(row.Id, row.Type, row.Key, row.Sequence, row.Payload))
            {
                case false:
                    found.Add(new(Rules.OneContent, row.Key,
                        $"{row.Type} {row.Id} is another one in {topic} than in the outbox"));
                    break;
                case null when content.CompleteSince is { } since && row.SentAt > since + Marking:
                    found.Add(new(Rules.TopicsComplete, row.Key,
                        $"{row.Type} {row.Id}, sent at {row.SentAt:O}, is not in {topic}"));
                    break;
            }
        }

        found.AddRange(content.Unasked.Select(
            id => new Violation(Rules.OneContent, id.ToString(), $"{topic} holds this event, no outbox does")));
        return found;
    }
}
