using System.Diagnostics;
using CarShare.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace CarShare.ServiceDefaults;

/// <summary>Every error a problem document, also those nobody foresaw.</summary>
public static class ProblemSetup
{
    internal static void AddProblems(this IServiceCollection services)
    {
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();   // the first one that can is asked
        services.AddProblemDetails(options => options.CustomizeProblemDetails = Complete);
        services.AddExceptionHandler<ExceptionToProblem>();
        services.AddSingleton<RefusedForNow>();
        // What a caller did wrong is told to the caller; in the log it would be theirs to fill. What passes by itself
        // RefusedForNow tells.
        services.Configure<ExceptionHandlerOptions>(options =>
            options.SuppressDiagnosticsCallback = context =>
                context.Exception is BadHttpRequestException or RefusedException || Faults.Passes(context.Exception)
                || context.ExceptionHandledBy != ExceptionHandledType.Unhandled
                    && context.HttpContext.Response.StatusCode < 500);
    }

    /// <summary>
    /// Answers exceptions and empty error statuses with problem documents. Part of
    /// <see cref="ServiceDefaultsExtensions.MapServiceDefaults"/>.
    /// </summary>
    public static void UseProblems(this IApplicationBuilder app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
    }

    static void Complete(ProblemDetailsContext context)
    {
        var problem = context.ProblemDetails;
        var status = problem.Status ?? context.HttpContext.Response.StatusCode;
        if (problem.Type?.StartsWith("urn:carshare:", StringComparison.Ordinal) != true)
            problem.Type = Problems.TypeOf(CodeOf(status));
        problem.Title = ReasonPhrases.GetReasonPhrase(status);
        problem.Detail ??= problem.Title;
        // The routing itself says this one.
        if (status == StatusCodes.Status415UnsupportedMediaType) problem.Extensions.TryAdd("errors", ContentType);
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToString() ?? context.HttpContext.TraceIdentifier;
    }

    static readonly Dictionary<string, string[]> ContentType =
        new() { ["Content-Type"] = ["must be application/json"] };

    static string CodeOf(int status) => status == StatusCodes.Status500InternalServerError
        ? "internal"
        : ReasonPhrases.GetReasonPhrase(status).ToLowerInvariant().Replace(' ', '-');
}
