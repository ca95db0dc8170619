using System.Text.Json;
using System.Text.Json.Serialization;

namespace CarShare.ServiceDefaults;

/// <summary>The JSON of the API: camelCase, enums as strings.</summary>
public static class ApiJson
{
    /// <summary>
    /// For readers of another service's answers: members they do not know are ignored, so that contracts can grow.
    /// </summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(allowIntegerValues: false) },
    };

    /// <summary>
    /// For requests to this service, where nothing is guessed and a misspelt member never passes silently.
    /// </summary>
    internal static void MakeStrict(JsonSerializerOptions options)
    {
        options.Converters.Add(new JsonStringEnumConverter(allowIntegerValues: false));
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.NumberHandling = JsonNumberHandling.Strict;
    }
}
