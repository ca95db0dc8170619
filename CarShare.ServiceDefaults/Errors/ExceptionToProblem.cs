using CarShare.Contracts;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace CarShare.ServiceDefaults.Errors;

/// <summary>
/// The last word on an exception: the caller's fault 4xx, the database's 503, ours 500 without its text.
/// </summary>
sealed class ExceptionToProblem(IProblemDetailsService problems, RefusedForNow refused) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (RefusalOf(exception) is { } refusal)
        {
            if (Faults.Passes(exception)) refused.Note(exception);
            await refusal.ToProblem().ExecuteAsync(httpContext);
            return true;
        }

        if (exception is not BadHttpRequestException bad) return false;
        var problem = Translate(bad);
        httpContext.Response.StatusCode = problem.Status!.Value;
        if (problem.Status == StatusCodes.Status415UnsupportedMediaType)
            httpContext.Response.Headers.AcceptEncoding = "identity";
        return await problems.TryWriteAsync(
            new() { HttpContext = httpContext, ProblemDetails = problem, Exception = exception });
    }

    static Refusal? RefusalOf(Exception exception) => exception switch
    {
        RefusedException refused => refused.Refusal,
        RequestRefusedException { StatusCode: StatusCodes.Status400BadRequest } refused =>
            Refusal.Invalid(refused.Errors),
        _ when Faults.Passes(exception) => Faults.Unavailable,
        _ => null,
    };

    /// <summary>What only HTTP knows: a method, a format, a size.</summary>
    static ProblemDetails Translate(BadHttpRequestException exception) => exception switch
    {
        RequestRefusedException refused => Problems.Document(refused.StatusCode, null, null, refused.Errors),
        // Said by the server or the framework, who found it in what was sent behind the headers.
        _ => Problems.Document(
            exception.StatusCode, exception.StatusCode == StatusCodes.Status400BadRequest ? "validation" : null, null,
            [("body", Unreadable(exception.StatusCode))]),
    };

    static string Unreadable(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => $"is larger than {ServiceDefaultsExtensions.MaxBodySize} bytes",
        StatusCodes.Status408RequestTimeout => "comes too slowly",
        _ => "could not be read",
    };
}
