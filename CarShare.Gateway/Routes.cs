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

    /// <summary>The cluster of the pages: whatever no other route is for.</summary>
    internal const string Pages = "web";

    /// <summary>The cluster of the pages' own stream.</summary>
    internal const string PagesLive = "web-stream";

    static readonly (string Path, string Service)[] Resources =
    [
        ("orders", "orders"), ("payments", "payments"), ("deposits", "payments"), ("deliveries", "deliveries"),
        ("stocks", "stocks"), ("customerpages", "customerpages"), ("customers", "customerpages"),
        ("notifications", "notifications"),
    ];

    /// <summary>What may be looked at without saying who one is.</summary>
    static readonly string[] ForAnyone =
        ["/stocks", "/stocks/{productId}", "/stocks/{productId}/vehicles", "/stocks/{productId}/vehicles/{vehicleId}"];

    internal static IReadOnlyList<string> Services { get; } =
        [.. Resources.Select(resource => resource.Service).Distinct()];

    internal static IReadOnlyList<RouteConfig> All { get; } =
    [
        .. Resources.Select(resource => Route($"/{resource.Path}/{{**rest}}", resource.Service)),
        .. ForAnyone.Select(path => Route(path, "stocks", "GET", "HEAD") with { AuthorizationPolicy = "Anonymous" }),
        Route("/customerpages/stream", Streams),
        // Cancelling the payment is cancelling the order.
        Route("/payments/{orderId}", "orders", "DELETE").WithTransformPathRouteValues("/orders/{orderId}"),
        .. Services.Select(service => Route($"/openapi/{service}.json", service, "GET", "HEAD")
            .WithTransformPathSet("/openapi/v1.json") with { AuthorizationPolicy = "Anonymous" }),
        // Before nothing but the refusal of its other methods.
        Route("/{**page}", Pages, "GET", "HEAD", "POST") with
        {
            AuthorizationPolicy = "Anonymous",
            Order = int.MaxValue - 1,
        },
        Route("/live", PagesLive, "GET", "HEAD") with { AuthorizationPolicy = "Anonymous" },
    ];

    internal static IReadOnlyList<ClusterConfig> Clusters { get; } =
        [.. Services.Select(service => Cluster(service, service, AnswerTimeout)), Cluster(
            Streams, "customerpages", StreamTimeout),
            Cluster(Pages, Pages, AnswerTimeout), Cluster(PagesLive, Pages, StreamTimeout)];

    /// <summary>True for what the web answers: it says itself what a browser may do with it.</summary>
    internal static bool IsPage(string? cluster) => cluster is Pages or PagesLive;

    /// <summary>True for what has no end.</summary>
    internal static bool IsStream(string? cluster) => cluster is Streams or PagesLive;

    /// <summary>Orders over gRPC, all the way by HTTP/2: the path is the service's name in orders.proto.</summary>
    internal static RouteConfig Grpc { get; } = Route(
        "/carshare.orders.v1.Orders/{method}", GrpcCluster.ClusterId!, "POST");

    internal static ClusterConfig GrpcCluster => Cluster("orders-grpc", "_grpc.orders", AnswerTimeout) with
    {
        HttpRequest = new()
        {
            ActivityTimeout = AnswerTimeout,
            Version = new(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        },
    };

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
        Destinations =
            new Dictionary<string, DestinationConfig> { [service] = new() { Address = $"http://{service}" } },
        HttpRequest = new ForwarderRequestConfig { ActivityTimeout = timeout, Version = new(1, 1) },
    };
}
