using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.ServiceDefaults.Errors;

/// <summary>
/// The last word on an exception: the caller's fault 4xx, the database's 503, ours 500 without its text.
/// </summary>
sealed class ExceptionToProblem(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (Translate(exception) is not { } problem) return false;
        httpContext.Response.StatusCode = problem.Status!.Value;
        if (problem.Status == StatusCodes.Status503ServiceUnavailable) httpContext.Response.Headers.RetryAfter = "1";
        if (problem.Status == StatusCodes.Status415UnsupportedMediaType)
            httpContext.Response.Headers.AcceptEncoding = "identity";
        return await problems.TryWriteAsync(
            new() { HttpContext = httpContext, ProblemDetails = problem, Exception = exception });
    }

    static ProblemDetails? Translate(Exception exception) => exception switch
    {
        RequestRefusedException { StatusCode: StatusCodes.Status400BadRequest } refused =>
            Problems.Document(
                StatusCodes.Status400BadRequest, "validation", "The request is not valid.", [.. refused.Errors]),
        RequestRefusedException refused => Problems.Document(refused.StatusCode, null, null, [.. refused.Errors]),
        Refused refused => refused.Answer.ProblemDetails,
        // Said by the server or the framework, who found it in what was sent behind the headers.
        BadHttpRequestException bad => Problems.Document(
            bad.StatusCode, bad.StatusCode == StatusCodes.Status400BadRequest ? "validation" : null, null,
            ("body", Unreadable(bad.StatusCode))),
        _ when Faults.Passes(exception) =>
            Problems.Document(StatusCodes.Status503ServiceUnavailable, "unavailable",
                "The service can't reach its data at the moment. Try again shortly."),
        _ => null,
    };

    static string Unreadable(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => $"is larger than {ServiceDefaultsExtensions.MaxBodySize} bytes",
        StatusCodes.Status408RequestTimeout => "comes too slowly",
        _ => "could not be read",
    };
}
