using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CarShare.ServiceDefaults.Requests;

/// <summary>
/// A request body held against the type it is to become, all of it at once: members nobody knows, that are missing,
/// given twice or null, and values that are not written as <see cref="Literals"/> says. What is left is written anew in
/// the canonical form.
/// </summary>
sealed class JsonBody
{
    // Unchecked: where something is wrong nothing is written in its place, and nobody reads the rest.
    static readonly JsonWriterOptions AsText =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    readonly List<(string Field, string Message)> _errors = [];
    readonly JsonSerializerOptions _options;
    readonly Utf8JsonWriter _writer;

    JsonBody(JsonSerializerOptions options, Utf8JsonWriter writer) => (_options, _writer) = (options, writer);

    /// <summary>Reads the text as <paramref name="type"/>.</summary>
    /// <param name="utf8">What was sent, valid UTF-8.</param>
    /// <param name="type">What it is for.</param>
    /// <param name="options">The API's.</param>
    /// <param name="canonical">The same in one way only; empty when something is wrong.</param>
    /// <returns>What is wrong, field by field.</returns>
    public static IReadOnlyList<(string Field, string Message)> Read(
        ReadOnlyMemory<byte> utf8, Type type, JsonSerializerOptions options, out ReadOnlyMemory<byte> canonical)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(buffer, AsText);
        var body = new JsonBody(options, writer);
        try
        {
            using var document = JsonDocument.Parse(utf8, new() { MaxDepth = 16 });
            body.Value(document.RootElement, options.GetTypeInfo(type), "");
        }
        catch (JsonException e)
        {
            body._errors.Add(("body", $"is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})"));
        }

        if (body._errors.Count == 0) writer.Flush();
        canonical = body._errors.Count == 0 ? buffer.WrittenMemory : default;
        return body._errors;
    }

    void Value(JsonElement value, JsonTypeInfo type, string path)
    {
        var plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (Literals.Include(plain)) Literal(value, plain, path);
        else if (type.Kind == JsonTypeInfoKind.Object) Members(value, type, path);
        else if (type is { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element })
            Items(value, _options.GetTypeInfo(element), path);
        else value.WriteTo(_writer);
    }

    void Members(JsonElement value, JsonTypeInfo type, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Wrong(path, path.Length == 0 ? "must be a JSON object" : "must be an object");
            return;
        }

        var given = new HashSet<string>(StringComparer.Ordinal);
        _writer.WriteStartObject();
        foreach (var member in value.EnumerateObject())
        {
            if (NameOf(member) is not { } name)
            {
                Wrong(path, "has a member whose name is no text");
                continue;
            }

            var field = path.Length == 0 ? name : $"{path}.{name}";
            if (!given.Add(name)) Wrong(field, "is given twice");
            else if (type.Properties.FirstOrDefault(
                property => property.Name == name && IsRead(property)) is not { } known)
                Wrong(field, "is not a known field");
            else Member(member.Value, known, field);
        }

        _writer.WriteEndObject();
        foreach (var property in type.Properties.Where(
            property => property.IsRequired && !given.Contains(property.Name)))
            Wrong(path.Length == 0 ? property.Name : $"{path}.{property.Name}", "is required");
    }

    void Member(JsonElement value, JsonPropertyInfo property, string field)
    {
        _writer.WritePropertyName(property.Name);
        if (value.ValueKind != JsonValueKind.Null) Value(value, _options.GetTypeInfo(property.PropertyType), field);
        else if (IsNullable(property)) _writer.WriteNullValue();
        else Wrong(field, "must not be null");
    }

    static bool IsRead(JsonPropertyInfo property) =>
        property.AssociatedParameter is not null || property.Set is not null;

    static bool IsNullable(JsonPropertyInfo property) =>
        property.PropertyType.IsValueType
            ? Nullable.GetUnderlyingType(property.PropertyType) is not null
            : property.IsSetNullable;

    void Items(JsonElement value, JsonTypeInfo element, string path)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            Wrong(path, "must be a list");
            return;
        }

        _writer.WriteStartArray();
        foreach (var (i, item) in value.EnumerateArray().Index())
        {
            if (item.ValueKind == JsonValueKind.Null) Wrong($"{path}[{i}]", "must not be null");
            else Value(item, element, $"{path}[{i}]");
        }

        _writer.WriteEndArray();
    }

    void Literal(JsonElement value, Type type, string path)
    {
        var isNumber = Literals.IsNumber(type);
        var isBoolean = type == typeof(bool);
        var fits = value.ValueKind switch
        {
            JsonValueKind.Number => isNumber,
            JsonValueKind.True or JsonValueKind.False => isBoolean,
            JsonValueKind.String => !isNumber && !isBoolean,
            _ => false,
        };
        var canonical = "";
        var wrong = !fits ? $"must be {(isNumber ? "a number" : isBoolean ? "true or false" : "text")}"
            : TextOf(value) is not { } text ? "must be text without halves of characters"
            : Literals.Read(type, text, out canonical);
        if (wrong is not null) Wrong(path, wrong);
        else if (isNumber || isBoolean) _writer.WriteRawValue(canonical);
        else _writer.WriteStringValue(canonical);
    }

    void Wrong(string path, string message) => _errors.Add((path.Length == 0 ? "body" : Text.Shown(path), message));

    static string? NameOf(JsonProperty member) => Try(() => member.Name);

    static string? TextOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? Try(value.GetString) : value.GetRawText();

    /// <summary>Escapes may spell halves of characters, which the reader finds only now.</summary>
    static string? Try(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
