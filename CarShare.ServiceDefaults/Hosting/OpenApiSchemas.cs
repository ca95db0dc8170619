using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace CarShare.ServiceDefaults.Hosting;

/// <summary>
/// Limits by the names that members have everywhere, and what the framework says of types but not quite.
/// </summary>
static class OpenApiSchemas
{
    const string Problem = "ProblemDetails";

    static readonly Dictionary<string, (int Min, int Max)> Ranges = new()
    {
        ["quantity"] = (1, 20),
        ["hours"] = (1, 720),
        ["amount"] = (1, 100_000_000),
        ["hourlyRate"] = (1, 100_000_000),
        ["maxHourlyRate"] = (0, 100_000_000),
        ["limit"] = (1, 100),
    };

    /// <summary>Of text that may not have the 200 characters of all other.</summary>
    static readonly Dictionary<string, int> Lengths =
        new() { ["customerId"] = CurrentUser.MaxIdLength, ["search"] = 100, ["shipper"] = 100 };

    static readonly string[] Languages = ["ko", "en"];

    internal static Task Describe(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken ct)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        if (type == typeof(decimal))
        {
            // Whole KRW.
            schema.Type = JsonSchemaType.Integer | (schema.Type is { } told ? told & JsonSchemaType.Null : default);
            schema.Format = "int64";
            schema.Pattern = null;
        }

        if (type.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. Enum.GetNames(type).Select(name => (JsonNode)JsonValue.Create(name))];
        }

        return Task.CompletedTask;
    }

    /// <summary>Parameters of path, query and header.</summary>
    internal static void Describe(OpenApiParameter parameter)
    {
        if (parameter is { Name: { } name, Schema: OpenApiSchema schema }) Describe(name, schema, isSent: true);
    }

    /// <summary>Members of what is sent and answered; and problems as they really are.</summary>
    internal static void Complete(OpenApiDocument document)
    {
        foreach (var (name, schema) in document.Components?.Schemas ?? new Dictionary<string, IOpenApiSchema>())
        {
            var isSent = name.EndsWith("Request", StringComparison.Ordinal);
            // What is answered may grow.
            if (schema is OpenApiSchema { Properties.Count: > 0 } answer && !isSent)
                answer.AdditionalPropertiesAllowed = true;
            foreach (var (member, inner) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
                if (inner is OpenApiSchema own) Describe(member, own, isSent, name);
        }

        foreach (var body in (document.Paths ?? []).Values.SelectMany(path => path.Operations ?? [])
            .Select(operation => operation.Value.RequestBody))
            foreach (var content in body?.Content?.Values ?? []) content.Schema = WithoutNull(content.Schema);

        document.Components ??= new();
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        document.Components.Schemas[Problem] = ProblemSchema();
    }

    /// <summary>A body that may be left out is not one that may be null.</summary>
    static IOpenApiSchema? WithoutNull(IOpenApiSchema? schema) =>
        schema?.OneOf is { Count: 2 } either && either.Any(one => one.Type == JsonSchemaType.Null)
            ? either.Single(one => one.Type != JsonSchemaType.Null)
            : schema;

    static void Describe(string name, OpenApiSchema schema, bool isSent, string? owner = null)
    {
        OpenApiExamples.Describe(schema, name, owner);
        if (!isSent) return;
        if (Ranges.TryGetValue(name, out var range) && schema.Type?.HasFlag(JsonSchemaType.Integer) == true)
            (schema.Minimum, schema.Maximum) = ($"{range.Min}", $"{range.Max}");
        if (name == "limit") schema.Default = 20;
        if (schema.Type?.HasFlag(JsonSchemaType.String) == true && schema.Format is null
            && schema.Enum is not { Count: > 0 } && name != "after")
            (schema.MinLength, schema.MaxLength) = (1, Lengths.GetValueOrDefault(name, 200));
        if (name == "language") schema.Enum = [.. Languages.Select(language => (JsonNode)JsonValue.Create(language))];
        if (name != "plates") return;
        schema.MaxItems = 100;
        if (schema.Items is OpenApiSchema plate) (plate.MinLength, plate.MaxLength) = (1, 20);
    }

    static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "RFC 9457. The type says which problem it is: urn:carshare:problem:<code>.",
        Required = new HashSet<string> { "type", "title", "status", "detail", "traceId" },
        AdditionalPropertiesAllowed = true,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = new OpenApiSchema
            {
                Type = JsonSchemaType.String,
                Pattern = "^urn:carshare:problem:",
                Examples = [JsonValue.Create("urn:carshare:problem:validation")!]
            },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["status"] =
                new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Minimum = "400", Maximum = "599" },
            ["detail"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["traceId"] = new OpenApiSchema { Type = JsonSchemaType.String },
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "What is wrong, by the name of the field, parameter or header.",
                AdditionalProperties = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array,
                    Items = new OpenApiSchema { Type = JsonSchemaType.String },
                },
            },
        },
    };
}
