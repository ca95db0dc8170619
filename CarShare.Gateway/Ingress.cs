using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace CarShare.Gateway;

/// <summary>What stands in front of the gateway, configuration section <c>Ingress</c>; nothing by default.</summary>
sealed class IngressOptions
{
    /// <summary>
    /// The networks of the balancers whose <c>X-Forwarded-For</c> and <c>-Proto</c> are believed, such as
    /// <c>10.0.0.0/8</c>. Nobody else's are.
    /// </summary>
    public string[] Networks { get; set; } = [];

    internal bool AreNetworks => Networks.All(text => IPNetwork.TryParse(text, out _));
}

static class IngressSetup
{
    /// <summary>The names of this machine. Published, <c>AllowedHosts</c> is set to those of the ingress.</summary>
    const string LocalHosts = "localhost;*.localhost;127.0.0.1;[::1]";

    internal static void AddIngress(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        if (builder.Environment.IsDevelopment())
            services.PostConfigure<HostFilteringOptions>(hosts =>
            {
                if (hosts.AllowedHosts is not { Count: > 0 } || hosts.AllowedHosts.Contains("*"))
                    hosts.AllowedHosts = LocalHosts.Split(';');
            });
        services.AddOptions<IngressOptions>().BindConfiguration("Ingress")
            .Validate(ingress => ingress.AreNetworks, "Ingress:Networks must be networks such as 10.0.0.0/8.")
            .ValidateOnStart();
        // ASPNETCORE_FORWARDEDHEADERS_ENABLED alone would believe everybody.
        services.AddOptions<ForwardedHeadersOptions>().PostConfigure<IOptions<IngressOptions>>((forwarded, ingress) =>
        {
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in ingress.Value.Networks) forwarded.KnownIPNetworks.Add(IPNetwork.Parse(network));
            if (ingress.Value.Networks.Length == 0) forwarded.ForwardedHeaders = ForwardedHeaders.None;
        });
        // A page elsewhere whose name was made to lead here (DNS rebinding) still says its own name.
        services.PostConfigure<HostFilteringOptions>(
            hosts => (hosts.AllowEmptyHosts, hosts.IncludeFailureMessage) = (false, false));
    }
}
