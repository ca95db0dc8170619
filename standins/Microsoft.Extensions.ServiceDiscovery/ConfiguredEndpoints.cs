using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Reads <c>services:{name}:{scheme}:{index}</c>. A name that is not configured stays as it is: an ordinary host.</summary>
sealed class ConfiguredEndpoints(IConfiguration configuration)
{
    int turn;

    public IReadOnlyList<Uri> All(Uri address)
    {
        foreach (var scheme in address.Scheme.Split('+'))
        {
            var found = configuration.GetSection($"services:{address.Host}:{scheme}").GetChildren()
                .Select(entry => entry.Value).OfType<string>().Select(value => new Uri(value)).ToList();
            if (found.Count > 0) return found;
        }
        return [new UriBuilder(address) { Scheme = address.Scheme.Split('+')[0], Port = address.Port }.Uri];
    }

    public Uri Next(Uri address)
    {
        var all = All(address);
        var endpoint = all[(int)((uint)Interlocked.Increment(ref turn) % all.Count)];
        return new UriBuilder(address) { Scheme = endpoint.Scheme, Host = endpoint.Host, Port = endpoint.Port }.Uri;
    }
}
