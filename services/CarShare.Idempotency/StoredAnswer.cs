using Microsoft.AspNetCore.Http;

namespace CarShare.Idempotency;

/// <summary>An answer as it went over the wire.</summary>
sealed record StoredAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
    : IResult, IStatusCodeHttpResult
{
    static readonly string[] Kept = ["Content-Type", "Location", "ETag", "Retry-After"];

    public int? StatusCode => Status;

    public static async Task<StoredAnswer> Of(IResult result, IServiceProvider services, CancellationToken ct)
    {
        using var body = new MemoryStream();
        var paper =
            new DefaultHttpContext { RequestServices = services, RequestAborted = ct, Response = { Body = body } };
        await result.ExecuteAsync(paper);
        var headers = paper.Response.Headers.Where(
            header => Kept.Contains(header.Key, StringComparer.OrdinalIgnoreCase));
        return new(paper.Response.StatusCode, headers.ToDictionary(header => header.Key, header =>
            header.Value.ToString()), body.ToArray());
    }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        foreach (var (name, value) in Headers) response.Headers[name] = value;
        if (Body.Length == 0) return Task.CompletedTask;
        response.ContentLength = Body.Length;
        return response.Body.WriteAsync(Body, httpContext.RequestAborted).AsTask();
    }
}
