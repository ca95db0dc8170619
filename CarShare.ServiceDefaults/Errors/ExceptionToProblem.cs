using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.ServiceDefaults.Errors;

/// <summary>The last word on an exception: the caller's fault 4xx, the database's 503, ours 500 without its text.</summary>
sealed class ExceptionToProblem(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (Translate(exception) is not { } problem) return false;
        httpContext.Response.StatusCode = problem.Status!.Value;
        if (problem.Status == StatusCodes.Status503ServiceUnavailable) httpContext.Response.Headers.RetryAfter = "1";
        return await problems.TryWriteAsync(new() { HttpContext = httpContext, ProblemDetails = problem, Exception = exception });
    }

    static ProblemDetails? Translate(Exception exception) => exception switch
    {
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } bad =>
            Problems.Document(StatusCodes.Status400BadRequest, "validation", "The request is not valid.", BadInput.Fields(bad)),
        BadHttpRequestException bad => new() { Status = bad.StatusCode },
        _ when DatabaseFaults.IsUnavailable(exception) =>
            Problems.Document(StatusCodes.Status503ServiceUnavailable, "unavailable", "The service can't reach its data at the moment. Try again shortly."),
        _ => null,
    };
}
