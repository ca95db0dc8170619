using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CarShare.ServiceDefaults;

/// <summary>Three questions with three answers, so that a dependency's outage turns requests away but restarts nobody.</summary>
public static class Health
{
    static readonly HealthCheckOptions Alive = new() { Predicate = _ => false };
    static readonly HealthCheckOptions Ready = new() { ResponseWriter = WriteEntries };
    static readonly HealthCheckOptions Started = new() { Predicate = check => check.Tags.Contains("started"), ResponseWriter = WriteEntries };

    internal static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").DisableHttpMetrics().ExcludeFromDescription();
        group.MapHealthChecks("/alive", Alive);
        group.MapHealthChecks("/health", Ready);
        group.MapHealthChecks("/started", Started);
    }

    /// <summary>
    /// Answers <c>/alive</c>, <c>/health</c> and <c>/started</c> on one local port, where nothing else is served, and on no other.
    /// It is the connection's port that counts: a Host header proves nothing.
    /// </summary>
    public static void UseHealthOn(this IApplicationBuilder app, int port) => app.MapWhen(http => http.Connection.LocalPort == port, management =>
    {
        management.UseHealthChecks("/alive", Alive);
        management.UseHealthChecks("/health", Ready);
        management.UseHealthChecks("/started", Started);
        management.Run(http =>
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    });

    static Task WriteEntries(HttpContext http, HealthReport report) => http.Response.WriteAsJsonAsync(
        new { status = report.Status.ToString(), checks = report.Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Status.ToString()) },
        http.RequestAborted);
}
