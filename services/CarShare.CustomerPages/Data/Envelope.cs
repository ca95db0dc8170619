using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.CustomerPages.Domain;
using CarShare.Messaging;

namespace CarShare.CustomerPages.Data;

/// <summary>
/// What an event tells, as the script takes it and keeps it: values are the JSON they become in a document, numbers are
/// text because Lua's lose digits.
/// </summary>
/// <param name="Id">Of the event.</param>
/// <param name="Sequence">Of the event.</param>
/// <param name="Order">Whose page; empty for what is told of a customer alone.</param>
/// <param name="Customer">Empty when the event does not know.</param>
/// <param name="Line">Of the timeline: time, sequence and id, sortable as text, then JSON.</param>
/// <param name="Facts">Name, rank and value.</param>
/// <param name="OfCustomer">The same of the customer.</param>
/// <param name="Words">By which the customer is found.</param>
/// <param name="Debit">What it took from the deposit without saying what is left; else empty.</param>
sealed record Envelope(
    string Id, string Sequence, string Order, string Customer, string Line, IReadOnlyList<string[]> Facts,
    IReadOnlyList<string[]> OfCustomer, IReadOnlyList<string> Words, string Debit)
{
    // Read by the script only, so nothing needs escaping for a browser.
    static readonly JsonSerializerOptions Options = new(
        JsonSerializerDefaults.Web)
    { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The names of the fields as documents have them, in their order.</summary>
    public static IReadOnlyList<string> Fields { get; } = [.. Enum.GetValues<Field>()
        .TakeWhile(field => field < Field.Owed).Select(Name)];

    public static string Of(ReceivedEvent received, PageChange change)
    {
        var at = change.At.ToUniversalTime();
        var told = Json(new TimelineEntryDto(at, change.Event, change.Text));
        return Write(new(
            received.Id.ToString(), Text(received.Sequence), change.OrderId.ToString(), change.CustomerId ?? "",
            $"{at.Ticks:D19} {received.Sequence:D19} {received.Id} {told}", Told(change.Facts), Told(change.OfCustomer),
            change.CustomerId is { } customer ? CustomerWords.Of(customer, ContactOf(change.OfCustomer)) : [],
            change.Debit?.ToString(CultureInfo.InvariantCulture) ?? ""));
    }

    public static string Of(ReceivedEvent received, CustomerChange change) =>
        Write(new(received.Id.ToString(), Text(received.Sequence), "", change.CustomerId, "", [], Told(change.Facts),
            [], ""));

    public static string Of(ProductChange change) => JsonSerializer.Serialize(
        new { version = Text(change.Version), available = Text(change.Available), modelName = Json(change.ModelName) },
        Options);

    static string Write(Envelope envelope) => JsonSerializer.Serialize(envelope, Options);

    static string[][] Told(IReadOnlyList<Fact> facts) =>
        [.. facts.Where(fact => fact.Value is not null)
            .Select(fact => new[] { Name(fact.Field), Text(fact.Rank), Json(fact.Value!) })];

    static Contact? ContactOf(IReadOnlyList<Fact> facts) => facts.Select(fact => fact.Value).OfType<Contact>()
        .FirstOrDefault();

    static string Json(object value) =>
        JsonSerializer.Serialize(value is DateTimeOffset time ? time.ToUniversalTime() : value, EventJson.Options);

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    static string Name(Field field) => JsonNamingPolicy.CamelCase.ConvertName(field.ToString());
}
