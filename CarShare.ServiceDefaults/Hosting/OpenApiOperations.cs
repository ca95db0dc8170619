using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CarShare.ServiceDefaults.Authentication;
using CarShare.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace CarShare.ServiceDefaults.Hosting;

/// <summary>
/// What holds of every operation because of the filters and checks in front of it, told from the same metadata they
/// work by.
/// </summary>
static partial class OpenApiOperations
{
    internal static Task Describe(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var handler = metadata.OfType<MethodInfo>().FirstOrDefault();
        var path = context.Description.RelativePath ?? "";
        var inputs = new Inputs(metadata, path);
        var responses = operation.Responses ??= [];

        operation.OperationId = metadata.OfType<IEndpointNameMetadata>().FirstOrDefault()?.EndpointName
            ?? NameOf(handler);
        operation.Summary ??= Words().Replace(
            operation.OperationId ?? path, match => $" {match.Value.ToLowerInvariant()}");
        operation.Description ??= WhoMay(metadata.OfType<IAuthorizeData>().FirstOrDefault()?.Policy);
        operation.Tags = new HashSet<OpenApiTagReference> { new(
            path.Split('/')[path.StartsWith("internal/", StringComparison.Ordinal) ? 1 : 0], context.Document) };
        foreach (var parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
            OpenApiSchemas.Describe(parameter);
        if (inputs.HonoursKey && context.Description.HttpMethod != "GET") AddKey(operation, inputs);

        if (operation.Parameters is { Count: > 0 } || operation.RequestBody is not null) Add(400);
        if (metadata.OfType<IAuthorizeData>().Any())
        {
            Add(401);
            Add(403);
        }

        if (inputs.HonoursIfMatch) Add(412);
        if (operation.RequestBody is not null)
        {
            Add(413);
            Add(415);
        }

        Add(503);
        foreach (var (status, response) in responses)
            if (int.Parse(status, System.Globalization.CultureInfo.InvariantCulture) >= 400)
                ((OpenApiResponse)response).Content = Problem(context.Document);
        if (responses.TryGetValue("201", out var created))
            Header(created, "Location", "Where it is.",
                new OpenApiSchema { Type = JsonSchemaType.String, Format = "uri-reference" });
        if (responses.TryGetValue("503", out var busy))
            Header(busy, "Retry-After", "Seconds.", new OpenApiSchema { Type = JsonSchemaType.Integer });
        return Task.CompletedTask;

        void Add(int status) =>
            responses.TryAdd($"{status}", new OpenApiResponse { Description = ReasonPhrases.GetReasonPhrase(status) });
    }

    static void AddKey(OpenApiOperation operation, Inputs inputs)
    {
        operation.Parameters ??= [];
        var known = operation.Parameters.OfType<OpenApiParameter>()
            .FirstOrDefault(parameter => parameter.Name == Idempotency.Header);
        if (known is null)
            operation.Parameters.Add(known = new() { Name = Idempotency.Header, In = ParameterLocation.Header });
        known.Required = inputs.RequiresKey;
        known.Description = inputs.IsIdempotent
            ? "A repeat of the request has no second effect, under the same key or another one: it finds everything as "
                + "the first request left it, also where it says something else, and answers the state of the day."
            : "A repeat of the request under the same key gets the first answer and has no second effect.";
        known.Schema = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            MinLength = 1,
            MaxLength = Idempotency.MaxKeyLength,
            Examples = [JsonValue.Create("8f14e45f-ceea-467a-9b53-0242ac120002")!],
        };
    }

    static Dictionary<string, OpenApiMediaType> Problem(OpenApiDocument? document) =>
        new()
        {
            ["application/problem+json"] = new OpenApiMediaType
            {
                Schema = new OpenApiSchemaReference(
            "ProblemDetails", document)
            }
        };

    static void Header(IOpenApiResponse response, string name, string description, OpenApiSchema schema)
    {
        if (response is not OpenApiResponse written) return;
        written.Headers ??= new Dictionary<string, IOpenApiHeader>();
        written.Headers[name] = new OpenApiHeader { Description = description, Schema = schema };
    }

    static string? NameOf(MethodInfo? handler) => handler?.DeclaringType is not { } type ? null
        : handler.Name is "Handle" || handler.Name.Contains('<', StringComparison.Ordinal) ? type.Name.Trim('<', '>')
            .Split('+')[^1] : $"{type.Name}{handler.Name}";

    static string WhoMay(string? policy) => policy switch
    {
        null => "For anyone.",
        Policies.Customer => "For customers.",
        Policies.Operator => "For operators.",
        Policies.User => "For customers, about what is theirs, and for operators.",
        Policies.Operations => "For operators and other services.",
        _ => "For other services.",
    };

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex Words();
}
