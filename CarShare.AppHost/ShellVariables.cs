using System.Collections;

namespace CarShare.AppHost;

static class ShellVariables
{
    static readonly HashSet<string> Proxies = new(
        ["http_proxy", "https_proxy", "all_proxy", "no_proxy"], StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Every process of the system inherits the AppHost's variables, and a few of a developer's shell change what
    /// libraries do: proxies, and what libpq reads (PGCLIENTENCODING, PGOPTIONS, …). They stay outside; a service that
    /// needs one is given it, as <c>--Settings:orders:HTTPS_PROXY=…</c>.
    /// </summary>
    public static void Forget()
    {
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>())
            if (Proxies.Contains(name) || name.StartsWith("PG", StringComparison.Ordinal))
                Environment.SetEnvironmentVariable(name, null);
    }
}
