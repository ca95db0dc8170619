using System.Text.Json;
using System.Text.Json.Nodes;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests.Contracts;

namespace CarShare.UnitTests.Contracts;

// N11
public sealed class EventContractTests
{
    static readonly string Accepted = Snapshot.PathOf("CarShare.UnitTests", "events.json");
    static readonly string Payloads = Snapshot.PathOf("CarShare.UnitTests", "payloads.json");

    [Fact]
    public void No_event_lost_or_changed_anything_that_was_accepted()
    {
        Snapshot.Holds(Accepted, EventContract.Read(EventContract.Events));
        if (Snapshot.Accepting) KeepFirstPayloads();
    }

    [Fact]
    public void Every_event_as_it_was_first_published_is_still_read_and_loses_nothing()
    {
        var types = EventContract.Events.ToDictionary(EventContract.TypeOf);
        var payloads = Snapshot.Read<JsonObject>(Payloads);
        Assert.Equal(types.Keys.Order(), payloads.Select(payload => payload.Key).Order());

        foreach (var (name, old) in payloads)
        {
            var read = JsonSerializer.Deserialize(old, types[name], EventJson.Options);
            var again = JsonSerializer.SerializeToNode(read, types[name], EventJson.Options)!.AsObject();
            foreach (var (member, value) in old!.AsObject())
                Assert.True(
                    JsonNode.DeepEquals(value, again[member]), $"{name} {member}: {value} became {again[member]}");
        }
    }

    // C33: a topic of its own for each publisher, so that nobody reads everything to find what is theirs.
    [Fact]
    public void Every_event_is_on_the_topic_of_its_own_context()
    {
        var owner = new Dictionary<string, string>
        {
            ["order"] = Topics.Orders,
            ["payment"] = Topics.Payments,
            ["usage"] = Topics.Payments,
            ["deposit"] = Topics.Payments,
            ["delivery"] = Topics.Deliveries,
            ["product"] = Topics.Stocks,
            ["stock"] = Topics.Stocks,
            ["vehicle"] = Topics.Stocks,
        };
        var promises = EventContract.Read(EventContract.Events).Promises;
        Assert.All(EventContract.Events.Select(EventContract.TypeOf), name =>
            Assert.Equal(owner[name.Split('.')[1]], promises[$"{name} topic"]));
    }

    // C32: what belongs to an order is keyed by it, so one partition keeps its order.
    [Fact]
    public void Every_event_about_an_order_is_keyed_by_it()
    {
        var promises = EventContract.Read(EventContract.Events).Promises;
        var aboutOrders = EventContract.Events.Select(EventContract.TypeOf)
            .Where(name => promises.ContainsKey($"{name} orderId")).ToList();
        Assert.True(aboutOrders.Count > 10);
        Assert.All(aboutOrders, name => Assert.Equal("orderId", promises[$"{name} key"]));
    }

    // The oldest payload lacks every later member, so it stays the one to read; only new events come in.
    static void KeepFirstPayloads()
    {
        var payloads = File.Exists(Payloads) ? Snapshot.Read<JsonObject>(Payloads) : [];
        foreach (var type in EventContract.Events.OrderBy(EventContract.TypeOf, StringComparer.Ordinal))
            payloads.TryAdd(EventContract.TypeOf(type), EventContract.Payload(type));
        Snapshot.Write(Payloads, payloads);
    }
}
