using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using CarShare.ServiceDefaults;

namespace CarShare.Gateway;

/// <summary>
/// What the services could not handle, in one list for operators, and another try at one of them. The services decide
/// with the operator's own token.
/// </summary>
static class DeadLetters
{
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
        if (limit is < 1 or > 100) return Problems.Invalid(("limit", "must be from 1 to 100"));
        if (service is not null && !Routes.Services.Contains(service))
            return Problems.Invalid(("service", $"must be one of {string.Join(", ", Routes.Services)}"));
        var last = after is null ? null : ListCursor.Read(http, after) ?? throw ListCursor.Foreign();
        string[] asked = service is null ? [.. Routes.Services] : [service];
        var lists = await Task.WhenAll(asked.Select(
            name => Of(http, clients, name, $"?limit={limit}{(last is null ? "" : $"&after={last}")}", ct)));
        if (service is not null && lists[0] is null) return Away(service);
        var items = asked.Zip(lists).SelectMany(list => Items(list.First, list.Second))
            .OrderByDescending(letter => letter["parkedAt"]!.ToString(), StringComparer.Ordinal);
        var next = service is null ? null : lists[0]!["next"]?.ToString();
        return TypedResults.Text(new JsonObject
        {
            ["items"] = new JsonArray([.. items.Take(limit)]),
            ["next"] = next is null ? null : ListCursor.Of(http, next),
            ["unavailable"] = new JsonArray(
                [.. asked.Zip(lists).Where(list => list.Second is null).Select(list => (JsonNode)list.First)]),
        }.ToJsonString(), "application/json");
    }

    static async Task<IResult> Redrive(
        string service, Guid id, HttpContext http, IHttpClientFactory clients, CancellationToken ct)
    {
        if (!Routes.Services.Contains(service)) return Problems.NotFound("There is no such service.");
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

    static UnavailableHttpResult Away(string service) =>
        Problems.Unavailable("unavailable", $"{service} can't be asked at the moment. Try again shortly.");

    /// <summary>For the document: these two routes are the gateway's own.</summary>
    internal static JsonObject Describe(JsonObject components)
    {
        var described = JsonNode.Parse(Description)!.AsObject();
        foreach (var (name, schema) in described["schemas"]!.AsObject())
            components["schemas"]![name] = schema!.DeepClone();
        return described["paths"]!.DeepClone().AsObject();
    }

    static readonly string Description = new StreamReader(
        typeof(DeadLetters).Assembly.GetManifestResourceStream("dead-letters.json")!).ReadToEnd();
}
