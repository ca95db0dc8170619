using System.Text;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Routing.Template;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace CarShare.Gateway;

static class Proxy
{
    // What some proxy or framework may believe about the caller; who he is says the token alone. YARP writes the
    // X-Forwarded headers anew itself.
    static readonly string[] Spoofable =
        ["Forwarded", "X-Real-IP", "X-Original-URL", "X-Original-Host", "X-Rewrite-URL", "X-HTTP-Method-Override"];

    internal static void AddProxy(this IServiceCollection services, bool hasGrpc) => services.AddReverseProxy()
        .LoadFromMemory(
            hasGrpc ? [.. Routes.All, Routes.Grpc] : Routes.All,
            hasGrpc ? [.. Routes.Clusters, Routes.GrpcCluster] : Routes.Clusters)
        .AddServiceDiscoveryDestinationResolver()
        .ConfigureHttpClient((_, handler) =>
        {
            handler.ConnectTimeout = TimeSpan.FromSeconds(1);
            // Byte for byte, as they came in.
            handler.RequestHeaderEncodingSelector = handler.ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1;
        })
        .AddTransforms(transforms =>
        {
            transforms.AddXForwarded(ForwardedTransformActions.Set);
            foreach (var header in Spoofable) transforms.AddRequestHeaderRemove(header);
            transforms.AddRequestTransform(AskInsteadOfTunnelling);
            transforms.AddResponseTransform(NameOwnMethods);
        });

    internal static void MapProxy(this IEndpointRouteBuilder app) => app.MapReverseProxy(proxy =>
    {
        proxy.Use(AnswerForMissingService);
        proxy.Use(Unanswered.Handle);
        proxy.UseLoadBalancing();
    });

    static async Task AnswerForMissingService(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (http.Response.HasStarted || http.GetForwarderErrorFeature() is not { } error) return;
        // The request's own fault, such as a body over the limit, is told as what it is.
        if (Causes(error.Exception).OfType<BadHttpRequestException>().FirstOrDefault() is { } bad) throw bad;
        if (IsOfTheRequest(error))
            throw new RequestRefusedException(StatusCodes.Status400BadRequest, ("body", "could not be read"));
        await Problems.Unavailable(
            "unavailable", "This part of CarShare is not available at the moment. Try again shortly.")
            .ExecuteAsync(http);
    }

    /// <summary>What could not be read or sent on for what it is will not get better by being sent again.</summary>
    static bool IsOfTheRequest(IForwarderErrorFeature error) =>
        error.Error is ForwarderError.RequestCreation or ForwarderError.RequestBodyClient
        || Causes(error.Exception).Any(cause => cause is OverflowException or FormatException or ArgumentException);

    /// <summary>
    /// Nobody is tunnelled through; what is asked for then is which methods there are, and the answer is 405 with them.
    /// </summary>
    static ValueTask AskInsteadOfTunnelling(RequestTransformContext context)
    {
        if (context.ProxyRequest.Method == HttpMethod.Connect) context.ProxyRequest.Method = HttpMethod.Options;
        return default;
    }

    /// <summary>A service does not know of the methods that are routed elsewhere.</summary>
    static ValueTask NameOwnMethods(ResponseTransformContext context)
    {
        var response = context.HttpContext.Response;
        if (response.StatusCode == StatusCodes.Status405MethodNotAllowed)
            response.Headers.Allow = string.Join(
                ", ", response.Headers.Allow.ToString().Split(", ", StringSplitOptions.RemoveEmptyEntries)
                    .Union(Elsewhere.Where(route => route.Path.TryMatch(context.HttpContext.Request.Path, []))
                        .SelectMany(route => route.Methods)));
        return default;
    }

    static readonly (TemplateMatcher Path, IReadOnlyList<string> Methods)[] Elsewhere =
        [.. Routes.All.Where(route => route.Match.Methods is { Count: > 0 })
            .Select(route => (new TemplateMatcher(TemplateParser.Parse(route.Match.Path!), []), route.Match.Methods!))];

    static IEnumerable<Exception> Causes(Exception? exception) => exception switch
    {
        null => [],
        AggregateException several => several.InnerExceptions.SelectMany(Causes),
        _ => Causes(exception.InnerException).Prepend(exception),
    };
}
