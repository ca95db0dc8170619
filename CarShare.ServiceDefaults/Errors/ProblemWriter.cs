using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace CarShare.ServiceDefaults.Errors;

/// <summary>
/// Writes the problem document whatever <c>Accept</c> says: what went wrong is told in one form or not at all.
/// </summary>
sealed class ProblemWriter(IOptions<ProblemDetailsOptions> options) : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public ValueTask WriteAsync(ProblemDetailsContext context)
    {
        options.Value.CustomizeProblemDetails?.Invoke(context);
        var response = context.HttpContext.Response;
        response.StatusCode = context.ProblemDetails.Status ?? response.StatusCode;
        return new(response.WriteAsJsonAsync(
            context.ProblemDetails, context.ProblemDetails.GetType(), ApiJson.Options, "application/problem+json",
            context.HttpContext.RequestAborted));
    }
}
