using Microsoft.AspNetCore.Http;

namespace CarShare.ServiceDefaults;

/// <summary>An answer with the entity tag of what it shows.</summary>
public sealed class TaggedHttpResult(IResult answer, string tag) : IResult, INestedHttpResult
{
    /// <inheritdoc/>
    public IResult Result => answer;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.ETag = tag;
        return answer.ExecuteAsync(httpContext);
    }
}
