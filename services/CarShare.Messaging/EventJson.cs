namespace CarShare.Messaging;

/// <summary>How events are written and read: camelCase, enums by name. Unknown members are ignored, because contracts only grow.</summary>
public static class EventJson
{
    /// <summary>The one set of options for every event.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
}
