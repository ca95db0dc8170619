using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Reads <c>services:{name}:{scheme}:{index}</c>. A name that is not configured stays as it is: an ordinary host.</summary>
sealed class ConfiguredEndpoints
{
    readonly IConfiguration _configuration;
    readonly ConcurrentDictionary<(string Scheme, string Name), IReadOnlyList<Uri>> _known = new();
    int _turn;

    public ConfiguredEndpoints(IConfiguration configuration)
    {
        _configuration = configuration;
        ChangeToken.OnChange(configuration.GetReloadToken, _known.Clear);
    }

    public IReadOnlyList<Uri> All(Uri address) =>
        _known.GetOrAdd((address.Scheme, address.Host), Read) is { Count: > 0 } found
            ? found
            : [new UriBuilder(address) { Scheme = address.Scheme.Split('+')[0], Port = address.Port }.Uri];

    public Uri Next(Uri address)
    {
        var all = All(address);
        var endpoint = all[(int)((uint)Interlocked.Increment(ref _turn) % all.Count)];
        return new UriBuilder(address) { Scheme = endpoint.Scheme, Host = endpoint.Host, Port = endpoint.Port }.Uri;
    }

    IReadOnlyList<Uri> Read((string Scheme, string Name) asked) => asked.Scheme.Split('+')
        .Select(scheme => _configuration.GetSection($"services:{asked.Name}:{scheme}").GetChildren()
            .Select(entry => entry.Value).OfType<string>().Select(value => new Uri(value)).ToList())
        .FirstOrDefault(found => found.Count > 0) ?? [];
}
