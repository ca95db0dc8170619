using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CarShare.Contracts;
using CarShare.ServiceDefaults;

namespace CarShare.Gateway;

/// <summary>
/// One OpenAPI document of all that can be reached here, put together from the services' own, so that it never says
/// anything else than they do. What a service said last is kept while it is away.
/// </summary>
sealed class Document(IHttpClientFactory clients, TimeProvider clock, ILogger<Document> logger)
{
    static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);
    static readonly string[] Parts = ["schemas", "securitySchemes"];

    readonly ConcurrentDictionary<string, (JsonNode Document, DateTimeOffset ReadAt)> _known = new();

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet("/openapi.json", Handle).AllowAnyone().ExcludeFromDescription();

    static async Task<IResult> Handle(Document document, CancellationToken ct)
    {
        var parts = await Task.WhenAll(Routes.Services.Select(service => document.Of(service, ct)));
        return parts.All(part => part is not null)
            ? TypedResults.Text(Merge(parts!).ToJsonString(), "application/json")
            : Refusal.Unavailable("unavailable",
                "A part of CarShare that has not been heard of yet is not available. Try again shortly.").ToProblem();
    }

    async Task<JsonNode?> Of(string service, CancellationToken ct)
    {
        if (_known.TryGetValue(service, out var known) && clock.GetUtcNow() - known.ReadAt < Fresh)
            return known.Document;
        try
        {
            using var http = clients.CreateClient(Backstage.ClientName);
            var read = await http.GetFromJsonAsync<JsonNode>($"http://{service}/openapi/v1.json", ct);
            _known[service] = (read!, clock.GetUtcNow());
        }
        catch (Exception e) when (Backstage.IsAway(e, ct))
        {
            logger.LogWarning("The OpenAPI document of {Service} can't be read: {Reason}", service, e.Message);
        }

        return _known.GetValueOrDefault(service).Document;
    }

    internal static JsonObject Merge(IEnumerable<JsonNode> documents)
    {
        var (paths, components) = (new JsonObject(), new JsonObject());
        foreach (var document in documents.Select(document => document.DeepClone().AsObject()))
        {
            foreach (var (path, item) in Detached(document["paths"])) paths[path] = item;
            foreach (var part in Parts)
                foreach (var (name, thing) in Detached(document["components"]?[part]))
                    if (components[part] is JsonObject all) all.TryAdd(name, thing);
                    else components[part] = new JsonObject { [name] = thing };
        }

        AddCancelledPayments(paths);
        foreach (var (path, item) in Detached(DeadLetters.Describe(components))) paths[path] = item;
        var operations = paths.SelectMany(path => path.Value!.AsObject()).Where(member => member.Value is JsonObject
            && member.Key != "parameters").Select(member => member.Value!.AsObject()).ToList();
        foreach (var operation in operations) Complete(operation);
        var tags = operations.SelectMany(operation => operation["tags"]!.AsArray())
            .Select(tag => tag!.ToString()).Distinct().Order(StringComparer.Ordinal);
        return new()
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "CarShare",
                ["version"] = "1.0.0",
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
                ["description"] = "Rent a shared car: choose, pay from the deposit, have it brought, give it back.",
                ["contact"] = new JsonObject { ["name"] = "CarShare", ["url"] = "https://carshare.example.com" },
            },
            ["servers"] = new JsonArray(
                new JsonObject { ["url"] = "/", ["description"] = "Where this document is from." }),
            ["tags"] = new JsonArray([.. tags.Select(
                tag => new JsonObject { ["name"] = tag, ["description"] = $"What there is under /{tag}." })]),
            ["paths"] = new JsonObject(Detached(paths).OrderBy(path => path.Key, StringComparer.Ordinal)),
            ["components"] = components,
        };
    }

    /// <summary>The gateway's own share: limits, and that what names nobody is for anyone.</summary>
    static void Complete(JsonObject operation)
    {
        operation.TryAdd("security", new JsonArray());
        var responses = operation["responses"]!.AsObject();
        var busy = (responses["503"] ?? responses["400"])!.DeepClone();
        busy["description"] = "Too Many Requests";
        responses.TryAdd("429", busy);
    }

    /// <summary>Cancelling the payment is cancelling the order.</summary>
    static void AddCancelledPayments(JsonObject paths)
    {
        if (paths["/orders/{id}"]?["delete"]?.DeepClone() is not JsonObject cancel
            || paths["/payments/{orderId}"] is not JsonObject payment)
            return;
        (cancel["operationId"], cancel["summary"], cancel["tags"]) =
            ("CancelPayment", "Cancel payment", new JsonArray("payments"));
        foreach (var parameter in cancel["parameters"]!.AsArray())
            if (parameter!["in"]!.ToString() == "path") parameter["name"] = "orderId";
        payment["delete"] = cancel;
    }

    static List<KeyValuePair<string, JsonNode?>> Detached(JsonNode? node)
    {
        if (node is not JsonObject members) return [];
        var all = members.ToList();
        members.Clear();
        return all;
    }
}
