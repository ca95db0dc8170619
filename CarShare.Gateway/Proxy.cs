using CarShare.ServiceDefaults;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace CarShare.Gateway;

static class Proxy
{
    internal static void AddProxy(this IServiceCollection services, IHostEnvironment environment) => services.AddReverseProxy()
        .LoadFromMemory(Routes.All, Routes.Clusters)
        .AddServiceDiscoveryDestinationResolver()
        .ConfigureHttpClient((_, handler) => handler.ConnectTimeout = TimeSpan.FromSeconds(1))
        .AddTransforms(transforms =>
        {
            // Services believe these headers; outside Development nobody else may set them.
            if (environment.IsDevelopment()) return;
            transforms.AddRequestHeaderRemove("X-Customer");
            transforms.AddRequestHeaderRemove("X-Role");
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
