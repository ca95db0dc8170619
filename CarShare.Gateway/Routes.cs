using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace CarShare.Gateway;

/// <summary>The public surface: what is not listed here does not exist outside.</summary>
static class Routes
{
    /// <summary>Longer than the services' own deadline of 5 s, so that theirs decides what happened.</summary>
    static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Between two events of a stream.</summary>
    static readonly TimeSpan StreamTimeout = TimeSpan.FromMinutes(10);

    /// <summary>The cluster of what has no end.</summary>
    internal const string Streams = "customerpages-stream";

    static readonly (string Path, string Service)[] Resources =
    [
        ("orders", "orders"), ("payments", "payments"), ("deposits", "payments"), ("deliveries", "deliveries"),
        ("stocks", "stocks"), ("customerpages", "customerpages"), ("notifications", "notifications"),
    ];

    internal static IReadOnlyList<string> Services { get; } = [.. Resources.Select(resource => resource.Service).Distinct()];

    internal static IReadOnlyList<RouteConfig> All { get; } =
    [
        .. Resources.Select(resource => Route($"/{resource.Path}/{{**rest}}", resource.Service)),
        Route("/customerpages/stream", Streams),
        // Cancelling the payment is cancelling the order.
        Route("/payments/{orderId}", "orders", "DELETE").WithTransformPathRouteValues("/orders/{orderId}"),
        .. Services.Select(service => Route($"/openapi/{service}.json", service).WithTransformPathSet("/openapi/v1.json")),
    ];

    internal static IReadOnlyList<ClusterConfig> Clusters { get; } =
        [.. Services.Select(service => Cluster(service, service, AnswerTimeout)), Cluster(Streams, "customerpages", StreamTimeout)];

    static RouteConfig Route(string path, string cluster, params string[] methods) => new()
    {
        RouteId = string.Join(' ', [.. methods, path]),
        ClusterId = cluster,
        Match = new() { Path = path, Methods = methods.Length == 0 ? null : methods },
    };

    static ClusterConfig Cluster(string id, string service, TimeSpan timeout) => new()
    {
        ClusterId = id,
        LoadBalancingPolicy = "RoundRobin",
        Destinations = new Dictionary<string, DestinationConfig> { [service] = new() { Address = $"http://{service}" } },
        HttpRequest = new ForwarderRequestConfig { ActivityTimeout = timeout, Version = new(1, 1) },
    };
}
