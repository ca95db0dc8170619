using System.Diagnostics;
using CarShare.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace CarShare.ServiceDefaults;

/// <summary>Every error a problem document, also those nobody foresaw.</summary>
public static class ProblemSetup
{
    internal static void AddProblems(this IServiceCollection services)
    {
        services.AddProblemDetails(options => options.CustomizeProblemDetails = Complete);
        services.AddExceptionHandler<ExceptionToProblem>();
    }

    /// <summary>Answers exceptions and empty error statuses with problem documents. Part of <see cref="ServiceDefaultsExtensions.MapServiceDefaults"/>.</summary>
    public static void UseProblems(this IApplicationBuilder app)
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
