using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Tests.Contracts;

namespace CarShare.UnitTests.Contracts;

/// <summary>What consumers rely on: of every event its type, topic, key and each serialised member.</summary>
static class EventContract
{
    public static IReadOnlyList<Type> Events { get; } =
        [.. typeof(IEvent).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, IsInterface: false } && type.IsAssignableTo(typeof(IEvent)))];

    public static string TypeOf(Type type) => Static(type, nameof(IEvent.Type));

    public static Contract Read(IEnumerable<Type> events)
    {
        var contract = new Contract();
        foreach (var type in events) Read(contract, type);
        return contract;
    }

    public static JsonObject Payload(Type type) =>
        JsonSerializer.SerializeToNode(Samples.Of(type), type, EventJson.Options)!.AsObject();

    static void Read(Contract contract, Type type)
    {
        var name = TypeOf(type);
        var sample = (IEvent)Samples.Of(type);
        var payload = Payload(type);
        Assert.False(contract.Promises.ContainsKey(name), $"Two events are called {name}.");
        contract.Promises[name] = "event";
        contract.Promises[$"{name} topic"] = Static(type, nameof(IEvent.Topic));
        contract.Promises[$"{name} key"] = payload.Single(
            member => member.Value is JsonValue value && value.ToString() == sample.Key).Key;
        Members(contract, name + " ", type, payload);
    }

    static void Members(Contract contract, string path, Type type, JsonObject serialised)
    {
        var members = EventJson.Options.GetTypeInfo(type).Properties.ToDictionary(member => member.Name);
        foreach (var (name, value) in serialised)
        {
            Assert.True(value is not null, $"{path}{name} of the sample is empty.");
            Member(contract, path + name, members[name].PropertyType, IsNullable(members[name]), value);
        }
    }

    static void Member(Contract contract, string path, Type declared, bool nullable, JsonNode value)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        contract.Promises[path] = Kind(type, value) + (nullable ? " or null" : "");
        if (type.IsEnum)
            foreach (var one in Enum.GetValues(type))
                contract.Promises[$"{path} = {JsonSerializer.Serialize(one, type, EventJson.Options)}"] = "value";
        if (value is JsonArray items)
            Member(contract, path + "[]", type.GetGenericArguments().Single(), false, items[0]!);
        if (value is JsonObject inner) Members(contract, path + ".", type, inner);
    }

    // The JSON kind as it is really written, and what the text or number holds.
    static string Kind(Type type, JsonNode value) => (value.GetValueKind(), type) switch
    {
        (JsonValueKind.String, { IsEnum: true }) => "string, one of",
        (JsonValueKind.String, _) when type == typeof(Guid) => "string, uuid",
        (JsonValueKind.String, _) when type == typeof(DateTimeOffset) => "string, date-time",
        (JsonValueKind.String, _) when type == typeof(string) => "string",
        (JsonValueKind.Array or JsonValueKind.Object, _) => value.GetValueKind().ToString().ToLowerInvariant(),
        (var kind, _) => $"{kind.ToString().ToLowerInvariant()}, {type.Name.ToLowerInvariant()}",
    };

    static bool IsNullable(JsonPropertyInfo member) =>
        member.PropertyType.IsValueType
            ? Nullable.GetUnderlyingType(member.PropertyType) is not null
            : member.IsGetNullable;

    static string Static(Type type, string name) =>
        (string)type.GetProperty(name, BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)!
            .GetValue(null)!;
}
