using System.Text.Json.Nodes;

namespace CarShare.Tests.Contracts;

/// <summary>Reads from an OpenAPI document what its callers rely on.</summary>
public static class OpenApiContract
{
    static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    // Says how a schema is told, not what it holds.
    static readonly string[] Told = ["description", "title", "summary", "example", "examples", "default", "deprecated"];

    public static Contract Read(JsonNode document)
    {
        var contract = new Contract();
        foreach (var (path, item) in Members(document["paths"]))
            foreach (var (method, operation) in Members(item).Where(member => Methods.Contains(member.Name)))
                Operation(contract, $"{method.ToUpperInvariant()} {path}", [
                    .. Items(item["parameters"]), .. Items(operation["parameters"]),
                ], operation);

        var sent = Reachable(document, Members(document["paths"]).SelectMany(path => Members(path.Value))
            .Select(member => member.Value is JsonObject operation ? operation["requestBody"] : null));
        var answered = Reachable(document, Members(document["paths"]).SelectMany(path => Members(path.Value))
            .Select(member => member.Value is JsonObject operation ? operation["responses"] : null));
        foreach (var (name, schema) in Members(document["components"]?["schemas"]))
            Schema(contract, name, schema, sent.Contains(name), answered.Contains(name));
        return contract;
    }

    static void Operation(Contract contract, string name, IEnumerable<JsonNode> parameters, JsonNode operation)
    {
        contract.Promises[name] = "operation";
        foreach (var parameter in parameters)
        {
            var what = $"{parameter["in"]} {parameter["name"]}";
            contract.Promises[$"{name} {what}"] = Kind(parameter["schema"]);
            if (parameter["required"]?.GetValue<bool>() == true) contract.Obligations.Add($"{name} requires {what}");
        }

        if (operation["requestBody"] is { } body)
        {
            foreach (var (type, content) in Members(body["content"]))
                Content(contract, $"{name} body {type}", content["schema"], sent: true, answered: false);
            if (body["required"]?.GetValue<bool>() == true) contract.Obligations.Add($"{name} requires a body");
        }

        foreach (var (status, response) in Members(operation["responses"]))
        {
            contract.Promises[$"{name} {status}"] = "answer";
            foreach (var (type, content) in Members(response["content"]))
                Content(contract, $"{name} {status} {type}", content["schema"], sent: false, answered: true);
        }
    }

    static void Content(Contract contract, string name, JsonNode? schema, bool sent, bool answered)
    {
        contract.Promises[name] = Kind(schema);
        if (schema is not null) Schema(contract, name, schema, sent, answered);
    }

    static void Schema(Contract contract, string name, JsonNode schema, bool sent, bool answered)
    {
        if (schema["$ref"] is not null) return;
        contract.Promises[name] = Kind(schema);
        foreach (var value in Items(schema["enum"])) contract.Promises[$"{name} = {value.ToJsonString()}"] = "value";
        foreach (var (member, inner) in Members(schema["properties"]))
        {
            contract.Promises[$"{name}.{member}"] = Kind(inner);
            Schema(contract, $"{name}.{member}", inner, sent, answered);
        }


        foreach (var required in Items(schema["required"]).Select(member => member.GetValue<string>()))
        {
            if (sent) contract.Obligations.Add($"{name} requires {required}");
            if (answered) contract.Promises[$"{name}.{required} is always there"] = "guarantee";
        }

        if (schema["items"] is { } items) Schema(contract, $"{name}[]", items, sent, answered);
        // The members of a composed schema's parts are the whole's.
        foreach (var part in (string[])["allOf", "anyOf", "oneOf"])
            foreach (var inner in Items(
                schema[part]).Where(inner => inner["properties"] is not null || inner["enum"] is not null))
                Schema(contract, $"{name} {part}", inner, sent, answered);
    }

    static string Kind(JsonNode? schema)
    {
        if (schema is null) return "anything";
        if (schema["$ref"] is { } reference) return Name(reference);
        if (Items(schema["oneOf"]).Concat(Items(schema["anyOf"])).Concat(Items(schema["allOf"]))
            .Select(Kind).ToList() is { Count: > 0 } parts)
            return string.Join(" or ", parts.OrderBy(part => part == "null"));
        var types = schema["type"] is JsonArray several
            ? [.. several.Select(type => type!.ToString()).OrderBy(type => type == "null")]
            : new List<string> { schema["type"]?.ToString() ?? (schema["enum"] is null ? "anything" : "enum") };
        var details = Members(schema).Where(member => !Told.Contains(member.Name)
            && member.Name is not ("type" or "properties" or "required" or "enum" or "items") && !IsClosed(member))
            .OrderBy(member => member.Name, StringComparer.Ordinal)
            .Select(member => $"{member.Name} {member.Value.ToJsonString()}");
        var items = schema["items"] is { } item ? $" of {Kind(item)}" : "";
        return string.Join(", ", [string.Join(" or ", types) + items, .. details]);
    }

    // What is said of members that are not there is no promise: they may come.
    static bool IsClosed((string Name, JsonNode Value) member) =>
        member.Name == "additionalProperties" && member.Value.GetValueKind() == System.Text.Json.JsonValueKind.False;

    static HashSet<string> Reachable(JsonNode document, IEnumerable<JsonNode?> starts)
    {
        var found = new HashSet<string>();
        var open = new Stack<JsonNode>(starts.OfType<JsonNode>());
        while (open.TryPop(out var node))
        {
            if (node is JsonObject and var thing && thing["$ref"] is { } reference && found.Add(Name(reference))
                && document["components"]?["schemas"]?[Name(reference)] is { } schema)
                open.Push(schema);
            foreach (var inner in node switch
            {
                JsonObject o => o.Select(member =>
                member.Value),
                JsonArray a => a,
                _ => []
            })
                if (inner is JsonObject or JsonArray) open.Push(inner);
        }

        return found;
    }

    static string Name(JsonNode reference) => reference.ToString()[(reference.ToString().LastIndexOf('/') + 1)..];

    static IEnumerable<(string Name, JsonNode Value)> Members(JsonNode? node) =>
        node is JsonObject members ? members.Where(m => m.Value is not null).Select(m => (m.Key, m.Value!)) : [];

    static IEnumerable<JsonNode> Items(JsonNode? node) => node is JsonArray items ? items.OfType<JsonNode>() : [];
}
