using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace CarShare.DeploymentTests.Infrastructure;

static class Yaml
{
    static readonly IDeserializer Reader =
        new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();

    /// <summary>Every document of a text as JSON, which is easier to walk through.</summary>
    public static IReadOnlyList<JsonNode> Documents(string text)
    {
        var documents = new List<JsonNode>();
        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
            if (Node(Reader.Deserialize(parser)) is { } document) documents.Add(document);
        return documents;
    }

    static JsonNode? Node(object? value) => value switch
    {
        null => null,
        IDictionary<object, object> map =>
            new JsonObject(map.Select(pair => KeyValuePair.Create($"{pair.Key}", Node(pair.Value)))),
        IEnumerable<object> list => new JsonArray([.. list.Select(Node)]),
        _ => JsonSerializer.SerializeToNode(value),
    };
}
