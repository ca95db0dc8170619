using Microsoft.Extensions.ServiceDiscovery;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Microsoft.Extensions.DependencyInjection;

public static class ServiceDiscoveryReverseProxyServiceCollectionExtensions
{
    public static IReverseProxyBuilder AddServiceDiscoveryDestinationResolver(this IReverseProxyBuilder builder)
    {
        builder.Services.AddServiceDiscovery();
        builder.Services.AddSingleton<IDestinationResolver, DestinationResolver>();
        return builder;
    }

    sealed class DestinationResolver(ConfiguredEndpoints endpoints) : IDestinationResolver
    {
        public ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
            IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
        {
            var resolved = new Dictionary<string, DestinationConfig>();
            foreach (var (name, destination) in destinations)
                foreach (var endpoint in endpoints.All(new(destination.Address)))
                    resolved[$"{name}[{endpoint}]"] = destination with { Address = endpoint.ToString() };
            return new(new ResolvedDestinationCollection(resolved, null));
        }
    }
}
