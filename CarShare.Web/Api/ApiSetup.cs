using CarShare.Web.Live;
using Microsoft.Extensions.Http.Resilience;

namespace CarShare.Web.Api;

static class ApiSetup
{
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1), Answer = TimeSpan.FromSeconds(7);

    public static void AddCarShareApi(this IServiceCollection services)
    {
        services.AddScoped<CarShareApi>();
        // a service that is away is held off by its own breaker; the others go on
        services.Named(CarShareApi.Client).AddStandardResilienceHandler(options =>
        {
            options.AttemptTimeout.Timeout = Answer;
            options.TotalRequestTimeout.Timeout = Answer + Answer;
            options.CircuitBreaker.SamplingDuration = Answer + Answer;
            options.CircuitBreaker.MinimumThroughput = 20;
            options.CircuitBreaker.BreakDuration = TimeSpan.FromSeconds(1);
            options.Retry.MaxRetryAttempts = 1;
            options.Retry.Delay = TimeSpan.FromMilliseconds(50);
            options.Retry.ShouldRetryAfterHeader = false;
            options.Retry.DisableForUnsafeHttpMethods();
        }).SelectPipelineByAuthority();
        services.Named(LiveRentals.Client).ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan);
    }

    static IHttpClientBuilder Named(this IServiceCollection services, string name)
    {
        var client = services.AddHttpClient(name).UseSocketsHttpHandler((handler, _) =>
        {
            handler.ConnectTimeout = ConnectTimeout;
            handler.AllowAutoRedirect = false;
            handler.UseCookies = false;
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        }).SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        client.AddServiceDiscovery();
        client.RemoveAllLoggers();
        return client;
    }
}
