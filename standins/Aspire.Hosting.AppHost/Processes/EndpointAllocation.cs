using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Processes;

/// <summary>
/// Gives every endpoint its address, once for the life of the application, and every instance its own target ports. A single instance opens the
/// address itself; several stand behind a proxy.
/// </summary>
sealed class EndpointAllocation(bool randomizePorts) : IDisposable
{
    readonly Ports ports = new();
    readonly List<RoundRobinProxy> proxies = [];
    readonly HashSet<int> reserved = [];

    public void Allocate(IEnumerable<IResource> resources)
    {
        var endpoints = resources.SelectMany(r => r.Annotations.OfType<EndpointAnnotation>().Select(e => (Resource: r, Endpoint: e))).ToArray();
        foreach (var (resource, endpoint) in endpoints)
        {
            if (Fixed(endpoint) is not { } port) continue;
            if (!reserved.Add(port)) throw new DistributedApplicationException($"Port {port} is given to two endpoints, one of them '{endpoint.Name}' of '{resource.Name}'.");
            if (!Ports.IsFree(port))
                throw new DistributedApplicationException($"Port {port} (endpoint '{endpoint.Name}' of '{resource.Name}') is in use by another program: is the system already running?");
        }
        foreach (var (_, endpoint) in endpoints) endpoint.AllocatedPort = Fixed(endpoint) ?? ports.Take(reserved);
    }

    public void Assign(IReadOnlyList<ResourceInstance> replicas)
    {
        foreach (var endpoint in replicas[0].Resource.Annotations.OfType<EndpointAnnotation>())
        {
            var address = endpoint.AllocatedPort!.Value;
            if (replicas.Count == 1 && (!endpoint.IsProxied || endpoint.TargetPort is null || endpoint.TargetPort == address))
            {
                replicas[0].TargetPorts[endpoint.Name] = endpoint.IsProxied ? address : endpoint.TargetPort ?? address;
                continue;
            }
            if (!endpoint.IsProxied)
                throw new DistributedApplicationException($"Endpoint '{endpoint.Name}' of '{replicas[0].Resource.Name}' cannot have replicas because it is not proxied.");
            foreach (var replica in replicas)
                replica.TargetPorts[endpoint.Name] = replicas.Count == 1 ? endpoint.TargetPort!.Value : ports.Take(reserved);
            proxies.Add(new(address, [.. replicas.Select(r => (r.TargetPorts[endpoint.Name], (Func<bool>)(() => r.IsReady)))]));
        }
    }

    int? Fixed(EndpointAnnotation endpoint) => endpoint.IsProxied && randomizePorts ? null : endpoint.Port ?? (endpoint.IsProxied ? null : endpoint.TargetPort);

    public void Dispose()
    {
        proxies.ForEach(p => p.Dispose());
        ports.Dispose();
    }
}
