using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace CarShare.AppHost;

/// <summary>What whoever starts the system has chosen. A choice that nothing would follow is told, not passed over.
/// </summary>
static class Choices
{
    /// <summary><c>CARSHARE_DASHBOARD=on|off</c>, which is to be known before there is a builder.</summary>
    public static bool WithDashboard(string[] args) =>
        Chosen(new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build(),
            "CARSHARE_DASHBOARD", "on", "off") != "off";

    /// <summary>True when the dashboard runs: there may be none by choice, and under a test there is none.</summary>
    public static bool HasDashboard(this IDistributedApplicationBuilder builder) => builder.Services
        .Select(service => service.ImplementationInstance).OfType<DistributedApplicationOptions>()
        .All(options => !options.DisableDashboard);

    /// <summary>The value of a setting; null where it is not set, or empty.</summary>
    public static string? Chosen(this IDistributedApplicationBuilder builder, string name, params string[] offered) =>
        Chosen(builder.Configuration, name, offered);

    static string? Chosen(IConfiguration configuration, string name, params string[] offered)
    {
        if (configuration[name] is not { Length: > 0 } chosen) return null;
        return offered.Length == 0 || offered.Contains(chosen) ? chosen : throw new DistributedApplicationException(
            $"{name} is '{chosen}': it may be '{string.Join("' or '", offered)}'.");
    }

    /// <summary><c>Replicas:{resource}</c>.</summary>
    public static int? Replicas(this IDistributedApplicationBuilder builder, string resource)
    {
        if (builder.Chosen($"Replicas:{resource}") is not { } chosen) return null;
        return int.TryParse(chosen, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new DistributedApplicationException(
                $"Replicas:{resource} is '{chosen}': it may be a number from 1.");
    }

    /// <summary>Call it when all resources are there.</summary>
    /// <exception cref="DistributedApplicationException">A name in <c>Settings:</c> or <c>Replicas:</c> is of no
    /// resource that has them.</exception>
    public static void RefuseUnknownNames(this IDistributedApplicationBuilder builder)
    {
        var projects = builder.Resources.OfType<ProjectResource>().ToList();
        Check("Settings", projects.Select(project => project.Name));
        Check("Replicas", projects.Where(project => project.HasAnnotationOfType<EndpointProbeAnnotation>())
            .Select(project => project.Name).Append("kafka"));

        void Check(string section, IEnumerable<string> names)
        {
            var known = names.Order(StringComparer.Ordinal).ToList();
            foreach (var given in builder.Configuration.GetSection(section).GetChildren())
                if (!known.Contains(given.Key, StringComparer.OrdinalIgnoreCase))
                    throw new DistributedApplicationException(
                        $"{section}:{given.Key} names no resource that has them: {string.Join(", ", known)}.");
        }
    }
}
