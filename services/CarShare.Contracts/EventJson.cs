using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CarShare.Contracts;

/// <summary>
/// How events are written and read: camelCase, enums by name. Contracts only grow, so unknown members are ignored and
/// an unknown enum value is kept.
/// </summary>
public static class EventJson
{
    static long unknown;

    /// <summary>The one set of options for every event.</summary>
    public static JsonSerializerOptions Options { get; } =
        new(JsonSerializerDefaults.Web) { Converters = { new TolerantEnums() } };

    /// <summary>Enum values read so far that this build has no name for.</summary>
    public static long UnknownValues => Interlocked.Read(ref unknown);

    /// <summary>
    /// A name that this build does not know becomes a value of its own, below all declared ones: <c>default</c> in
    /// every switch ("other"), and written as the name it had.
    /// </summary>
    sealed class TolerantEnums : JsonConverterFactory
    {
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

        public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
            (JsonConverter)Activator.CreateInstance(typeof(Tolerant<>).MakeGenericType(typeToConvert))!;
    }

    sealed class Tolerant<T> : JsonConverter<T>
        where T : struct, Enum
    {
        const int MostNames = 256;

        readonly ConcurrentDictionary<string, T> _values = new(StringComparer.Ordinal);
        readonly ConcurrentDictionary<T, string> _names = new();

        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String || reader.GetString() is not { Length: > 0 } name)
                throw new JsonException($"A name of {typeof(T).Name} is expected.");
            if (!char.IsAsciiDigit(name[0]) && name[0] != '-'
                && Enum.TryParse<T>(name, ignoreCase: true, out var value)) return value;
            Interlocked.Increment(ref unknown);
            lock (_values)
            {
                // Beyond any honest number of names they share one.
                if (_values.Count >= MostNames) name = "Other";
                if (_values.TryGetValue(name, out var known)) return known;
                value = (T)Enum.ToObject(typeof(T), -1 - _values.Count);
                _names[value] = name;
                return _values[name] = value;
            }
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            writer.WriteStringValue(_names.TryGetValue(value, out var name) ? name : value.ToString());
    }
}
