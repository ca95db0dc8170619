using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using CarShare.Contracts;
using CarShare.ServiceDefaults;

namespace CarShare.Gateway;

/// <summary>
/// What the services could not handle, in one list for operators, and another try at one of them. The services decide
/// with the operator's own token.
/// </summary>
static class DeadLetters
{
    const char Between = '.';

    internal static void Map(IEndpointRouteBuilder app)
    {
        var letters = app.MapGroup("/dead-letters").RequireOperator().ExcludeFromDescription();
        letters.MapGet("", List);
        letters.MapPost("/{service}/{id}/redrive", Redrive).IsIdempotent();
    }

    static async Task<IResult> List(
        HttpContext http, IHttpClientFactory clients, CancellationToken ct, string? service = null, int limit = 20,
        string? after = null)
    {
        if (limit is < 1 or > 100) return Refusal.Invalid(("limit", "must be from 1 to 100")).ToProblem();
        if (service is not null && !Routes.Services.Contains(service))
            return Refusal.Invalid(("service", $"must be one of {string.Join(", ", Routes.Services)}")).ToProblem();
        string[] asked = service is null ? [.. Routes.Services] : [service];
        var places = after is null ? new Guid?[asked.Length] : Places(http, after, asked.Length);
        var lists = await Task.WhenAll(asked.Zip(places, (name, place) => Of(
            http, clients, name, $"?limit={limit}{(place is null ? "" : $"&after={place}")}", ct)));
        if (service is not null && lists[0] is null) return Away(service);
        var waiting = asked.Zip(lists, (name, list) => new Queue<JsonObject>(Items(name, list))).ToArray();
        var items = Newest(waiting, places).Take(limit).ToArray<JsonNode>();
        var isMore = waiting.Any(left => left.Count > 0) || lists.Any(list => list?["next"] is not null);
        return TypedResults.Text(new JsonObject
        {
            ["items"] = new JsonArray(items),
            ["next"] = isMore ? ListCursor.Of(http, string.Join(Between, places)) : null,
            ["unavailable"] = new JsonArray(
                [.. asked.Zip(lists).Where(list => list.Second is null).Select(list => (JsonNode)list.First)]),
        }.ToJsonString(), "application/json");
    }

    /// <summary>Where the page before ended in the list of each service: its last letter, or nothing yet.</summary>
    static Guid?[] Places(HttpContext http, string after, int services)
    {
        var places = (ListCursor.Read(http, after)?.Split(Between) ?? [])
            .Select(place => Guid.TryParse(place, out var letter) ? letter : (Guid?)null).ToArray();
        return places.Length == services ? places : throw ListCursor.Foreign();
    }

    /// <summary>
    /// The newest of all, each service's in its own order: what is taken becomes its place, what is left begins the
    /// next page.
    /// </summary>
    static IEnumerable<JsonObject> Newest(Queue<JsonObject>[] waiting, Guid?[] places)
    {
        while (Enumerable.Range(0, waiting.Length).Where(list => waiting[list].Count > 0).Select(list => (int?)list)
            .MaxBy(list => waiting[list!.Value].Peek()["parkedAt"]!.GetValue<DateTimeOffset>()) is { } newest)
        {
            var letter = waiting[newest].Dequeue();
            places[newest] = letter["id"]!.GetValue<Guid>();
            yield return letter;
        }
    }

    static async Task<IResult> Redrive(
        string service, Guid id, HttpContext http, IHttpClientFactory clients, CancellationToken ct)
    {
        if (!Routes.Services.Contains(service)) return Refusal.NotFound("There is no such service.").ToProblem();
        try
        {
            using var client = clients.CreateClient(Backstage.ClientName);
            using var answer = await client.SendAsync(
                As(http, HttpMethod.Post, $"http://{service}/internal/dead-letters/{id}/redrive"), ct);
            return TypedResults.Text(
                await answer.Content.ReadAsStringAsync(ct), answer.Content.Headers.ContentType?.ToString()
                    ?? "application/json", statusCode: (int)answer.StatusCode);
        }
        catch (Exception e) when (Backstage.IsAway(e, ct))
        {
            return Away(service);
        }
    }

    static async Task<JsonNode?> Of(
        HttpContext http, IHttpClientFactory clients, string service, string query, CancellationToken ct)
    {
        try
        {
            using var client = clients.CreateClient(Backstage.ClientName);
            client.Timeout = Backstage.Patience;
            using var answer = await client.SendAsync(
                As(http, HttpMethod.Get, $"http://{service}/internal/dead-letters{query}"), ct);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonNode>(ct) : null;
        }
        catch (Exception e) when (Backstage.IsAway(e, ct))
        {
            return null;
        }
    }

    static IEnumerable<JsonObject> Items(string service, JsonNode? list)
    {
        foreach (var letter in list?["items"]?.AsArray() ?? [])
        {
            var copy = letter!.DeepClone().AsObject();
            copy["service"] = service;
            yield return copy;
        }
    }

    static HttpRequestMessage As(HttpContext http, HttpMethod method, string address) =>
        new(method, address)
        {
            Headers = { Authorization = AuthenticationHeaderValue.Parse(
            http.Request.Headers.Authorization.ToString()) }
        };

    static RefusedHttpResult Away(string service) =>
        Refusal.Unavailable("unavailable", $"{service} can't be asked at the moment. Try again shortly.").ToProblem();

    /// <summary>For the document: these routes are the gateway's own.</summary>
    internal static JsonObject Describe(JsonObject components)
    {
        var described = JsonNode.Parse(Description)!.AsObject();
        foreach (var (name, schema) in described["schemas"]!.AsObject())
            components["schemas"]![name] = schema!.DeepClone();
        return described["paths"]!.DeepClone().AsObject();
    }

    static readonly string Description = new StreamReader(
        typeof(DeadLetters).Assembly.GetManifestResourceStream("own-routes.json")!).ReadToEnd();
}
