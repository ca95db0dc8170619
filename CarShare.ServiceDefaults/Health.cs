using CarShare.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace CarShare.ServiceDefaults;

/// <summary>
/// Three questions with three answers, so that a dependency's outage turns requests away but restarts nobody. What each
/// looks at, and what it leaves out, is in docs/probes.md.
/// </summary>
public static class Health
{
    /// <summary>
    /// Tag of a check for <c>/alive</c>: unhealthy when only a new process helps. It must never look at a store, a
    /// broker that is away or another service, which no restart brings back.
    /// </summary>
    public const string Live = "live";

    /// <summary>Tag of a check for <c>/started</c>, beside <c>/health</c>.</summary>
    public const string Started = "started";

    static readonly HealthCheckOptions AliveProbe =
        new() { Predicate = check => check.Tags.Contains(Live), ResponseWriter = WriteEntries };
    static readonly HealthCheckOptions ReadyProbe =
        new() { Predicate = check => !check.Tags.Contains(Live), ResponseWriter = WriteEntries };
    static readonly HealthCheckOptions StartedProbe =
        new() { Predicate = check => check.Tags.Contains(Started), ResponseWriter = WriteEntries };

    /// <summary>What the last look at each check found is a metric, for whoever has to be told.</summary>
    internal static void AddHealth(this IServiceCollection services)
    {
        services.AddHealthChecks();
        services.AddSingleton<IHealthCheckPublisher, HealthMetrics>();
        services.Configure<HealthCheckPublisherOptions>(
            options => (options.Delay, options.Period) = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)));
    }

    /// <summary>
    /// Maps <c>/alive</c>, <c>/health</c>, <c>/started</c> and <c>/metrics</c>, for a process that is no service with
    /// an API.
    /// </summary>
    public static void MapProbes(this IEndpointRouteBuilder routes)
    {
        routes.MapHealth();
        routes.MapMetrics();
    }

    internal static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").DisableHttpMetrics().ExcludeFromDescription().AllowAnyone();
        group.MapHealthChecks("/alive", AliveProbe);
        group.MapHealthChecks("/health", ReadyProbe);
        group.MapHealthChecks("/started", StartedProbe);
    }

    /// <summary>
    /// Answers <c>/alive</c>, <c>/health</c>, <c>/started</c> and <c>/metrics</c> on one local port, where nothing else
    /// is served, and on no other. It is the connection's port that counts: a Host header proves nothing.
    /// </summary>
    public static void UseManagementOn(
        this IApplicationBuilder app, int port) => app.MapWhen(http => http.Connection.LocalPort == port, management =>
    {
        management.UseMetrics();
        management.UseHealthChecks("/alive", AliveProbe);
        management.UseHealthChecks("/health", ReadyProbe);
        management.UseHealthChecks("/started", StartedProbe);
        management.Run(http =>
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    });

    static Task WriteEntries(HttpContext http, HealthReport report) => http.Response.WriteAsJsonAsync(
        new
        {
            status = report.Status.ToString(),
            checks = report.Entries.ToDictionary(
                entry => entry.Key, entry => entry.Value.Status.ToString()),
            why = report.Entries.Where(e => e.Value is { Description: not null, Exception: null })
                .ToDictionary(e => e.Key, e => e.Value.Description),
        }, http.RequestAborted);
}
