using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using CarShare.CustomerPages.Domain;
using CarShare.Messaging;

namespace CarShare.CustomerPages.Data;

/// <summary>A change as the script takes it: values are the JSON they become in the document, numbers are text because Lua's lose digits.</summary>
sealed record StoredChange(string Id, string Sequence, string Line, IReadOnlyList<string[]> Facts)
{
    // Read by the script only, so nothing needs escaping for a browser.
    static readonly JsonSerializerOptions Envelope = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(ReceivedEvent received, PageChange change)
    {
        var (id, sequence) = (received.Id.ToString(), received.Sequence.ToString(CultureInfo.InvariantCulture));
        var at = change.At.ToUniversalTime();
        var line = $"{at.Ticks:D19} {received.Sequence:D19} {id} {{\"at\":{Json(at)},\"event\":{Json(change.Event)}}}";
        var facts = change.Facts.Where(fact => fact.Value is not null).Select(fact => new[] { Name(fact.Field), fact.Rank.ToString(CultureInfo.InvariantCulture), Json(fact.Value) });
        return JsonSerializer.Serialize(new StoredChange(id, sequence, line, [.. facts]), Envelope);
    }

    public static string Json(object value) => JsonSerializer.Serialize(value is DateTimeOffset time ? time.ToUniversalTime() : value, EventJson.Options);

    static string Name(Field field) => JsonNamingPolicy.CamelCase.ConvertName(field.ToString());
}
