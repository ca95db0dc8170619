using NJsonSchema;
using NSwag;

namespace CarShare.SystemTests.Clients;

/// <summary>
/// Holds every answer against the one document: the operation, its status, the kind of content, each member of the
/// body.
/// </summary>
sealed class Documented
{
    readonly Lock _gate = new();
    readonly List<string> _wrong = [];
    readonly HashSet<(string Operation, int Status)> _answered = [];

    Documented(OpenApiDocument document)
    {
        Document = document;
        // A member that nobody described is as wrong as one that is missing. Problems may carry more.
        foreach (var (_, schema) in document.Components.Schemas.Where(s => s.Key != "ProblemDetails"))
            if (schema.ActualProperties.Count > 0 && schema.AdditionalPropertiesSchema is null)
                schema.AllowAdditionalProperties = false;
    }

    public OpenApiDocument Document { get; }

    /// <summary>What was answered otherwise than described.</summary>
    public IReadOnlyList<string> Wrong => [.. _wrong.Distinct().Order()];

    public IReadOnlySet<(string Operation, int Status)> Answered => _answered;

    /// <summary>"GET /orders/{id}" and what is said of it.</summary>
    public IEnumerable<(string Name, string Method, string Route, OpenApiOperation Operation)> Operations =>
        from path in Document.Paths
        from operation in path.Value
        let method = operation.Key.ToUpperInvariant()
        select ($"{method} {path.Key}", method, path.Key, operation.Value);

    public static async Task<Documented> At(HttpClient gateway) =>
        new(await OpenApiDocument.FromJsonAsync(await gateway.GetStringAsync("/openapi.json")));

    /// <summary>A client whose answers are looked at.</summary>
    public HttpClient Client(Uri gateway, Func<Task<string>>? token)
    {
        HttpMessageHandler inner = new SocketsHttpHandler();
        if (token is not null) inner = new CarShare.Tests.BearerHandler(token) { InnerHandler = inner };
        return new(new Handler(this) { InnerHandler = inner }) { BaseAddress = gateway };
    }

    async Task Look(HttpRequestMessage request, HttpResponseMessage answer)
    {
        var (path, status) = (request.RequestUri!.AbsolutePath, (int)answer.StatusCode);
        var found = Operations.Where(o => o.Method == request.Method.Method && Matches(o.Route, path))
            .OrderBy(o => o.Route.Count(c => c == '{')).FirstOrDefault();
        var body = await answer.Content.ReadAsStringAsync();
        var faults = found.Name is null ? [$"{request.Method} {path}: not described"]
            : Faults(found.Operation, status, answer.Content.Headers.ContentType?.MediaType, body)
                .Select(fault => $"{found.Name} {status}: {fault}").ToList();
        lock (_gate)
        {
            if (found.Name is not null) _answered.Add((found.Name, status));
            _wrong.AddRange(faults);
        }
    }

    /// <summary>What is wrong with an answer.</summary>
    public static IEnumerable<string> Faults(OpenApiOperation operation, int status, string? media, string body)
    {
        if (!operation.ActualResponses.TryGetValue($"{status}", out var response)) return ["not described"];
        if (body.Length == 0) return response.Content.Count == 0 ? [] : ["no body"];
        if (media is null || !response.Content.TryGetValue(media, out var content)) return [$"{media} not described"];
        return content.Schema.Validate(body).Select(error => $"{error} in {Shortened(body)}");
    }

    static string Shortened(string text) => text.Length <= 300 ? text : text[..300];

    static bool Matches(string route, string path)
    {
        var (expected, actual) = (route.Split('/'), path.Split('/'));
        return expected.Length == actual.Length
            && expected.Zip(actual).All(part => part.First.StartsWith('{') || part.First == part.Second);
    }

    sealed class Handler(Documented documented) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            await answer.Content.LoadIntoBufferAsync(cancellationToken);
            await documented.Look(request, answer);
            return answer;
        }
    }
}
