using System.Text.Json;
using System.Text.Json.Serialization;

namespace CarShare.ServiceDefaults;

/// <summary>The JSON of the API: camelCase, enums as strings, and nothing is guessed.</summary>
public static class StrictJson
{
    /// <summary>Options for whoever reads or writes the API's JSON outside a request, such as an HTTP client of another service.</summary>
    public static JsonSerializerOptions Options { get; } = Apply(new(JsonSerializerDefaults.Web));

    internal static JsonSerializerOptions Apply(JsonSerializerOptions options)
    {
        options.Converters.Add(new JsonStringEnumConverter(allowIntegerValues: false));
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.NumberHandling = JsonNumberHandling.Strict;
        return options;
    }
}
