using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CarShare.ServiceDefaults.Requests;

/// <summary>
/// A request body held against the type it is to become, all of it at once: members nobody knows, that are missing,
/// given twice or null, and values that are not written as <see cref="Literals"/> says. What is left is written anew in
/// the canonical form: members as the type has them, without those that only say what holds anyway.
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
        if (Literals.Include(plain))
        {
            if (Canonical(value, plain, path) is { } text) Write(text, plain);
        }
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

        var given = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            if (NameOf(member) is not { } name) Wrong(path, "has a member whose name is no text");
            else if (!given.TryAdd(name, member.Value)) Wrong(Field(name), "is given twice");
            else if (!type.Properties.Any(property => property.Name == name && IsRead(property)))
                Wrong(Field(name), "is not a known field");
        }

        _writer.WriteStartObject();
        foreach (var property in type.Properties.Where(IsRead))
        {
            if (given.TryGetValue(property.Name, out var said)) Member(said, property, Field(property.Name));
            else if (property.IsRequired) Wrong(Field(property.Name), "is required");
        }

        _writer.WriteEndObject();

        string Field(string name) => path.Length == 0 ? name : $"{path}.{name}";
    }

    void Member(JsonElement value, JsonPropertyInfo property, string field)
    {
        var type = _options.GetTypeInfo(property.PropertyType);
        var plain = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (value.ValueKind == JsonValueKind.Null)
        {
            if (!IsNullable(property)) Wrong(field, "must not be null");
            else if (!HoldsAnyway(property, null)) _writer.WriteNull(property.Name);
        }
        else if (!Literals.Include(plain))
        {
            _writer.WritePropertyName(property.Name);
            Value(value, type, field);
        }
        else if (Canonical(value, plain, field) is { } text && !HoldsAnyway(property, text))
        {
            _writer.WritePropertyName(property.Name);
            Write(text, plain);
        }
    }

    /// <summary>True for what the type says itself where nothing is said.</summary>
    static bool HoldsAnyway(JsonPropertyInfo property, string? text) =>
        property.AssociatedParameter is { HasDefaultValue: true, DefaultValue: var value } && text == value switch
        {
            null => null,
            bool yes => yes ? "true" : "false",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture),
        };

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

    string? Canonical(JsonElement value, Type type, string path)
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
        if (wrong is null) return canonical;
        Wrong(path, wrong);
        return null;
    }

    void Write(string text, Type type)
    {
        if (Literals.IsNumber(type) || type == typeof(bool)) _writer.WriteRawValue(text);
        else _writer.WriteStringValue(text);
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
