using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace CarShare.ServiceDefaults.Errors;

static class ProblemSetup
{
    internal static void AddProblems(this IServiceCollection services)
    {
        services.AddProblemDetails(options => options.CustomizeProblemDetails = Complete);
        services.AddExceptionHandler<ExceptionToProblem>();
    }

    internal static void UseProblems(this IApplicationBuilder app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }

    static void Complete(ProblemDetailsContext context)
    {
        var problem = context.ProblemDetails;
        var status = problem.Status ?? context.HttpContext.Response.StatusCode;
        if (problem.Type?.StartsWith("urn:carshare:", StringComparison.Ordinal) != true) problem.Type = Problems.TypeOf(CodeOf(status));
        problem.Title = ReasonPhrases.GetReasonPhrase(status);
        problem.Detail ??= problem.Title;
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToString() ?? context.HttpContext.TraceIdentifier;
    }

    static string CodeOf(int status) => status == StatusCodes.Status500InternalServerError
        ? "internal"
        : ReasonPhrases.GetReasonPhrase(status).ToLowerInvariant().Replace(' ', '-');
}
