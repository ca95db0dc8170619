using Microsoft.AspNetCore.Mvc;

namespace CarShare.ServiceDefaults;

/// <summary>Error answers as RFC 9457 documents whose type is <c>urn:carshare:problem:&lt;code&gt;</c>.</summary>
static class Problems
{
    /// <summary>Any problem. Repeated fields in <paramref name="errors"/> are collected under one name.</summary>
    public static ProblemDetails Document(
        int status, string? code, string? detail, IReadOnlyList<(string Field, string Message)> errors)
    {
        var problem =
            new ProblemDetails { Status = status, Type = code is null ? null : TypeOf(code), Detail = detail };
        if (errors.Count > 0)
            problem.Extensions["errors"] = errors.GroupBy(error => error.Field)
                .ToDictionary(field => field.Key, field => field.Select(error => error.Message).ToArray());
        return problem;
    }

    public static string TypeOf(string code) => $"urn:carshare:problem:{code}";
}
