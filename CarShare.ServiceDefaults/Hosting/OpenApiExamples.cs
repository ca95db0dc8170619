using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace CarShare.ServiceDefaults.Hosting;

/// <summary>
/// A value for whoever reads the document, by the name that a member has everywhere; all of them are of one rental. An
/// enum's values stand there already.
/// </summary>
static class OpenApiExamples
{
    static readonly Dictionary<string, JsonNode> ByName = new()
    {
        ["quantity"] = 1,
        ["hours"] = 24,
        ["amount"] = 216_000,
        ["hourlyRate"] = 9_000,
        ["maxHourlyRate"] = 10_000,
        ["limit"] = 20,
        ["modelName"] = "Hyundai Ioniq 5",
        ["location"] = "Seoul Station",
        ["deliveryAddress"] = "12 Sejong-daero, Seoul",
        ["address"] = "12 Sejong-daero, Seoul",
        ["plate"] = "123GA4567",
        ["plates"] = new JsonArray("123GA4567"),
        ["name"] = "Kim Minji",
        ["phone"] = "+82 10 1234 5678",
        ["customerId"] = "alice",
        ["search"] = "Kim",
        ["email"] = "minji@example.com",
        ["shipper"] = "Han River Drivers",
        ["reason"] = "StockShortage",
        ["event"] = "order.placed",
        ["text"] = "Your order is accepted.",
        ["kind"] = "order.placed",
        ["language"] = "en",
        ["status"] = "Sent",
        ["attempts"] = 1,
        ["balance"] = 84_000,
        ["balanceAfter"] = 84_000,
        ["owed"] = 0,
        ["refunded"] = 216_000,
        ["lateHours"] = 2,
        ["lateFee"] = 18_000,
        ["total"] = 3,
        ["available"] = 2,
        ["remainingStock"] = 2,
        ["next"] = "MDE5MjAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx",
        ["redriven"] = 1,
        ["failed"] = 0,
    };

    /// <summary>Where a name means something else than everywhere.</summary>
    static readonly Dictionary<string, JsonNode> ByMember = new() { ["NotificationChannelDto.name"] = "webhook" };

    static readonly Dictionary<string, JsonNode> ByFormat = new()
    {
        ["uuid"] = "01920000-0000-7000-8000-000000000001",
        ["date-time"] = "2026-01-31T09:30:00+00:00",
    };

    /// <param name="schema">Of the member.</param>
    /// <param name="name">The member's, or a parameter's.</param>
    /// <param name="owner">The schema it is a member of.</param>
    internal static void Describe(OpenApiSchema schema, string name, string? owner = null)
    {
        if (schema.Type is null || schema.Enum is { Count: > 0 }) return;
        var example = ByMember.GetValueOrDefault($"{owner}.{name}") ?? ByName.GetValueOrDefault(name)
            ?? ByFormat.GetValueOrDefault(schema.Format ?? "");
        if (example is not null) schema.Examples = [example.DeepClone()];
    }
}
