using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CarShare.CustomerPages.Data;
using CarShare.Deliveries.Data;
using CarShare.Gateway;
using CarShare.Notifications.Data;
using CarShare.Orders.Data;
using CarShare.Payments.Data;
using CarShare.Stocks.Data;

namespace CarShare.ServiceTests.Contracts;

/// <summary>The one document at the gateway, put together from what the services say.</summary>
public sealed class PublicDocumentTests
{
    internal static readonly Lazy<Task<JsonObject>> Merged = new(Merge);

    [Fact]
    public async Task Every_operation_says_who_may_what_is_wrong_when_and_has_a_name_of_its_own()
    {
        var document = await Merged.Value;
        var names = new List<string>();
        foreach (var (route, operation) in Operations(document))
        {
            names.Add(operation["operationId"]!.ToString());
            Assert.NotNull(operation["summary"]);
            Assert.StartsWith("For ", operation["description"]!.ToString(), StringComparison.Ordinal);
            var responses = operation["responses"]!.AsObject();
            foreach (var status in new[] { "429", "503" })
                Assert.True(responses.ContainsKey(status), $"{route} {status}");
            if (operation["security"]!.AsArray().Count > 0)
                Assert.True(responses.ContainsKey("401") && responses.ContainsKey("403"), route);
            if (operation["requestBody"] is not null)
                Assert.True(responses.ContainsKey("400") && responses.ContainsKey("415"), route);
            foreach (var (status, response) in responses.Where(response => response.Key[0] is '4' or '5'))
                Assert.True(
                    response!["content"]?["application/problem+json"]?["schema"] is not null, $"{route} {status}");
        }

        Assert.NotEmpty(names);
        Assert.Equal(names.Order(), names.Distinct().Order());
    }

    [Fact]
    public async Task Every_body_has_a_schema_of_its_own_and_every_enum_a_type()
    {
        var document = await Merged.Value;
        var bodies = Operations(document).Where(o => o.Operation["requestBody"] is not null)
            .Select(o => o.Operation["requestBody"]!["content"]!["application/json"]!["schema"]!["$ref"]!.ToString())
            .ToList();
        Assert.Equal(bodies.Order(), bodies.Distinct().Order());
        Assert.All(Nodes(document).OfType<JsonObject>()
            .Where(node => node["enum"] is JsonArray), node => Assert.NotNull(node["type"]));
        Assert.All(Nodes(document).OfType<JsonObject>().Where(node => node["$ref"] is JsonValue), node =>
            Assert.NotNull(document["components"]!["schemas"]![node["$ref"]!.ToString().Split('/')[^1]]));
    }

    [Fact]
    public async Task Every_answer_and_every_body_has_an_example_of_its_own_or_of_all_its_members()
    {
        var document = await Merged.Value;
        var (seen, lacking) = (0, new SortedSet<string>(StringComparer.Ordinal));
        foreach (var (route, operation) in Operations(document))
        {
            var good = operation["responses"]!.AsObject().Where(response => response.Key[0] == '2')
                .Select(response => response.Value!["content"]);
            foreach (var content in good.Append(operation["requestBody"]?["content"]))
                if (content?["application/json"] is JsonObject json)
                {
                    seen++;
                    if (!HasExample(json)) lacking.UnionWith(WithoutExample(document, json["schema"]!, route, []));
                }
        }

        Assert.True(seen > 40, $"{seen} bodies");
        Assert.Empty(lacking);
    }

    [Theory]
    [InlineData("post", "/orders", true)]
    [InlineData("post", "/deposits", true)]
    [InlineData("post", "/stocks", false)]
    [InlineData("post", "/deliveries/{orderId}/dispatch", false)]
    [InlineData("post", "/orders/{id}/return", false)]
    [InlineData("delete", "/orders/{id}", false)]
    [InlineData("delete", "/payments/{orderId}", false)]
    [InlineData("patch", "/stocks/{productId}", false)]
    [InlineData("delete", "/stocks/{productId}/vehicles/{vehicleId}", false)]
    public async Task A_key_is_declared_as_it_is_asked_for(string method, string path, bool isRequired)
    {
        var key = (await Merged.Value)["paths"]![path]![method]!["parameters"]!.AsArray()
            .Single(parameter => parameter!["name"]!.ToString() == "Idempotency-Key")!;
        Assert.Equal(isRequired, key["required"]?.GetValue<bool>() ?? false);
        Assert.Equal(100, key["schema"]!["maxLength"]!.GetValue<int>());
    }

    [Fact]
    public async Task The_gateways_own_routes_are_in_it() => Assert.Equal(
        ["CancelPayment", "GetOverview", "ListDeadLetters", "RedriveDeadLetter"],
        Operations(await Merged.Value).Where(
            o => o.Route is "delete /payments/{orderId}" or "get /overview"
                || o.Route.Contains("/dead-letters", StringComparison.Ordinal))
            .Select(o => o.Operation["operationId"]!.ToString()).Order());

    /// <summary>With Redocly's recommended rules, where npm and its registry are.</summary>
    [Fact]
    public async Task Redocly_finds_nothing_wrong_with_it()
    {
        var folder = Directory.CreateTempSubdirectory("carshare-openapi-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "openapi.json"), (await Merged.Value).ToJsonString());
            var (found, said) = await Npx(folder, "--yes", "@redocly/cli@2", "lint", "openapi.json", "--format=json");
            Assert.SkipWhen(found is null, "npm or its registry is not there.");
            Assert.True(found == 0, said);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static async Task<(int? Code, string Said)> Npx(string folder, params string[] arguments)
    {
        var ct = TestContext.Current.CancellationToken;
        try
        {
            using var npx = Process.Start(new ProcessStartInfo("npx", arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var (output, error) = (npx.StandardOutput.ReadToEndAsync(ct), npx.StandardError.ReadToEndAsync(ct));
            await npx.WaitForExitAsync(ct);
            var said = await output + await error;
            return (npx.ExitCode != 0
                && said.Contains("npm error", StringComparison.OrdinalIgnoreCase) ? null : npx.ExitCode, said);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, "");   // there is no npx
        }
    }

    static async Task<JsonObject> Merge()
    {
        JsonNode[] documents =
        [
            await Of<OrdersDb>("orders"), await Of<PaymentsDb>("payments"), await Of<DeliveriesDb>("deliveries"),
            await Of<StocksDb>("stocks"),
            await Of<RedisStore>("customerpages"), await Of<NotificationsDb>("notifications"),
        ];
        return Document.Merge(documents);
    }

    static async Task<JsonNode> Of<TEntry>(string service)
        where TEntry : class
    {
        await using var host = BareHost.Of<TEntry>(service);
        using var http = host.CreateClient();
        return (await http.GetFromJsonAsync<JsonNode>("/openapi/v1.json"))!;
    }

    internal static IEnumerable<(string Route, JsonObject Operation)> Operations(JsonObject document) =>
        from path in document["paths"]!.AsObject()
        from member in path.Value!.AsObject()
        where member.Key != "parameters"
        select ($"{member.Key} {path.Key}", member.Value!.AsObject());

    static bool HasExample(JsonNode schema) =>
        schema["examples"] is JsonArray { Count: > 0 } or JsonObject { Count: > 0 } || schema["example"] is not null;

    /// <summary>The parts of a schema for which nobody is shown a value.</summary>
    static IEnumerable<string> WithoutExample(JsonObject document, JsonNode schema, string at, HashSet<string> seen)
    {
        if (schema["$ref"]?.ToString().Split('/')[^1] is { } name)
            return seen.Add(name)
                ? WithoutExample(document, document["components"]!["schemas"]![name]!, name, seen) : [];
        if (HasExample(schema) || schema["enum"] is not null || schema["type"]?.ToString() == "null") return [];
        var parts = new[] { "oneOf", "anyOf", "allOf" }
            .SelectMany(kind => schema[kind]?.AsArray() ?? []).Select(part => (at, part!))
            .Concat((schema["properties"]?.AsObject() ?? []).Select(member => ($"{at}.{member.Key}", member.Value!)))
            .Concat(schema["items"] is { } items ? [($"{at}[]", items)] : Array.Empty<(string, JsonNode)>())
            .ToList();
        return parts.Count == 0 ? [at]
            : parts.SelectMany(part => WithoutExample(document, part.Item2, part.Item1, seen));
    }

    static IEnumerable<JsonNode> Nodes(JsonNode node) => (node switch
    {
        JsonObject members => members.Select(member => member.Value),
        JsonArray items => items,
        _ => [],
    }).OfType<JsonNode>().SelectMany(Nodes).Prepend(node);
}
