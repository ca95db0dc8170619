using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using CarShare.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;

namespace CarShare.ServiceDefaults;

/// <summary>A <see cref="Refusal"/> in HTTP: the one translation, whoever says no.</summary>
public static class RefusalHttp
{
    static readonly TimeSpan Shortly = TimeSpan.FromSeconds(1);

    /// <summary>The status code of a kind of refusal.</summary>
    public static int Status(this RefusalKind kind) => kind switch
    {
        RefusalKind.Invalid => StatusCodes.Status400BadRequest,
        RefusalKind.Unauthenticated => StatusCodes.Status401Unauthorized,
        RefusalKind.Declined => StatusCodes.Status402PaymentRequired,
        RefusalKind.Forbidden => StatusCodes.Status403Forbidden,
        RefusalKind.NotFound => StatusCodes.Status404NotFound,
        RefusalKind.Conflict => StatusCodes.Status409Conflict,
        RefusalKind.Stale => StatusCodes.Status412PreconditionFailed,
        RefusalKind.Impossible => StatusCodes.Status422UnprocessableEntity,
        RefusalKind.TooMany => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    /// <summary>The problem document, with Retry-After where it makes sense to ask again.</summary>
    public static RefusedHttpResult ToProblem(this Refusal refusal) => new(refusal);

    /// <summary>The problem document, the same for the same refusal.</summary>
    public static ProblemDetails Document(this Refusal refusal)
    {
        var problem = Problems.Document(refusal.Kind.Status(), refusal.Code, refusal.Sentence, refusal.Errors);
        problem.Title = ReasonPhrases.GetReasonPhrase(refusal.Kind.Status());
        if (refusal.TraceId is { } trace) problem.Extensions["traceId"] = trace;
        return problem;
    }

    internal static string? RetryAfter(Refusal refusal) =>
        refusal.Kind is RefusalKind.TooMany or RefusalKind.Unavailable
        ? Math.Max(1, Math.Ceiling((refusal.RetryAfter ?? Shortly).TotalSeconds)).ToString(CultureInfo.InvariantCulture)
        : null;
}

/// <summary>A refused request; made by <see cref="RefusalHttp.ToProblem"/>.</summary>
public sealed class RefusedHttpResult : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    readonly Refusal _refusal;

    internal RefusedHttpResult(Refusal refusal) => _refusal = refusal;

    /// <summary>From 400 on.</summary>
    public int? StatusCode => _refusal.Kind.Status();

    /// <summary>
    /// Written as it is: the framework's writer would put today's trace in the place of the one a repeated answer
    /// names.
    /// </summary>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var problem = _refusal.Document();
        problem.Extensions.TryAdd("traceId", Activity.Current?.TraceId.ToString() ?? httpContext.TraceIdentifier);
        if (RefusalHttp.RetryAfter(_refusal) is { } seconds) httpContext.Response.Headers.RetryAfter = seconds;
        httpContext.Response.StatusCode = problem.Status!.Value;
        return httpContext.Response.WriteAsJsonAsync(
            problem, ApiJson.Options, "application/problem+json", httpContext.RequestAborted);
    }

    /// <summary>
    /// Which of the statuses an endpoint answers it says itself; that any of ours may be busy is true everywhere.
    /// </summary>
    static void IEndpointMetadataProvider.PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(
        new ProducesResponseTypeMetadata(
            StatusCodes.Status503ServiceUnavailable, typeof(ProblemDetails), ["application/problem+json"]));
}
