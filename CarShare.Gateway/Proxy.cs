using CarShare.ServiceDefaults;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace CarShare.Gateway;

static class Proxy
{
    // What some proxy or framework may believe about the caller; who he is says the token alone. YARP writes the X-Forwarded headers anew itself.
    static readonly string[] Spoofable = ["Forwarded", "X-Real-IP", "X-Original-URL", "X-Original-Host", "X-Rewrite-URL", "X-HTTP-Method-Override"];

    internal static void AddProxy(this IServiceCollection services) => services.AddReverseProxy()
        .LoadFromMemory(Routes.All, Routes.Clusters)
        .AddServiceDiscoveryDestinationResolver()
        .ConfigureHttpClient((_, handler) => handler.ConnectTimeout = TimeSpan.FromSeconds(1))
        .AddTransforms(transforms =>
        {
            transforms.AddXForwarded(ForwardedTransformActions.Set);
            foreach (var header in Spoofable) transforms.AddRequestHeaderRemove(header);
        });

    internal static void MapProxy(this IEndpointRouteBuilder app) => app.MapReverseProxy(proxy =>
    {
        proxy.Use(AnswerForMissingService);
        proxy.UseLoadBalancing();
    });

    static async Task AnswerForMissingService(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (http.Response.HasStarted || http.GetForwarderErrorFeature() is not { } error) return;
        // The request's own fault, such as a body over the limit, keeps its status; the status pages give it a body.
        if (Causes(error.Exception).OfType<BadHttpRequestException>().FirstOrDefault() is { } bad) http.Response.StatusCode = bad.StatusCode;
        else await Problems.Unavailable("unavailable", "This part of CarShare is not available at the moment. Try again shortly.").ExecuteAsync(http);
    }

    static IEnumerable<Exception> Causes(Exception? exception) => exception switch
    {
        null => [],
        AggregateException several => several.InnerExceptions.SelectMany(Causes),
        _ => Causes(exception.InnerException).Prepend(exception),
    };
}
