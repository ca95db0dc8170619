using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.ServiceDefaults;

/// <summary>Error answers as RFC 9457 documents whose type is <c>urn:carshare:problem:&lt;code&gt;</c>.</summary>
public static class Problems
{
    /// <summary>Any problem. Repeated fields in <paramref name="errors"/> are collected under one name.</summary>
    public static ProblemHttpResult Of(
        int status, string code, string detail, params (string Field, string Message)[] errors) =>
        TypedResults.Problem(Document(status, code, detail, errors));

    /// <summary>400 <c>validation</c>: one message per refused field.</summary>
    public static ProblemHttpResult Invalid(params (string Field, string Message)[] errors) =>
        Of(StatusCodes.Status400BadRequest, "validation", "The request is not valid.", errors);

    /// <summary>404 <c>not-found</c>.</summary>
    public static ProblemHttpResult NotFound(string detail) => Of(StatusCodes.Status404NotFound, "not-found", detail);

    /// <summary>409 with a code that says which rule was broken, such as <c>out-of-stock</c>.</summary>
    public static ProblemHttpResult Conflict(string code, string detail) =>
        Of(StatusCodes.Status409Conflict, code, detail);

    /// <summary>503 with a Retry-After header in seconds.</summary>
    public static UnavailableHttpResult Unavailable(string code, string detail, int retryAfterSeconds = 1) =>
        new(code, detail, retryAfterSeconds);

    internal static ProblemDetails Document(
        int status, string? code, string? detail, params (string Field, string Message)[] errors)
    {
        var problem =
            new ProblemDetails { Status = status, Type = code is null ? null : TypeOf(code), Detail = detail };
        if (errors.Length > 0)
            problem.Extensions["errors"] = errors.GroupBy(error => error.Field)
                .ToDictionary(field => field.Key, field => field.Select(error => error.Message).ToArray());
        return problem;
    }

    internal static string TypeOf(string code) => $"urn:carshare:problem:{code}";
}

/// <summary>503 problem with Retry-After; made by <see cref="Problems.Unavailable"/>.</summary>
public sealed class UnavailableHttpResult : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    readonly ProblemHttpResult problem;
    readonly int retryAfterSeconds;

    internal UnavailableHttpResult(string code, string detail, int retryAfterSeconds)
    {
        problem = Problems.Of(StatusCodes.Status503ServiceUnavailable, code, detail);
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /// <summary>503.</summary>
    public int? StatusCode => problem.StatusCode;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.RetryAfter = retryAfterSeconds.ToString(
            System.Globalization.CultureInfo.InvariantCulture);
        return problem.ExecuteAsync(httpContext);
    }

    static void IEndpointMetadataProvider.PopulateMetadata(
        System.Reflection.MethodInfo method, Microsoft.AspNetCore.Builder.EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(
            StatusCodes.Status503ServiceUnavailable, typeof(ProblemDetails), ["application/problem+json"]));
}
