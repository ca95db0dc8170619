using CarShare.ServiceDefaults;
using CarShare.Web.Live;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Timeout;

namespace CarShare.Web.Api;

static class ApiSetup
{
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1), RetryDelay = TimeSpan.FromMilliseconds(50);

    // a page is not waited for as long as something that is to be done; both are less than whoever asks is given
    static readonly TimeSpan Page = TimeSpan.FromSeconds(1.5), Change = TimeSpan.FromSeconds(7);

    static readonly InternalClientOptions Breaker = new();

    public static void AddCarShareApi(this IServiceCollection services)
    {
        services.AddScoped<CarShareApi>();
        var api = services.Named(CarShareApi.Client);
        // a service that is away is held off by its own breaker; the others go on
        api.AddResilienceHandler(CarShareApi.Client, Build).SelectPipelineByAuthority();
        // behind the retries, so that they ask another instance
        api.AddServiceDiscovery();
        services.Named(LiveRentals.Client).ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan)
            .AddServiceDiscovery();
    }

    static void Build(ResiliencePipelineBuilder<HttpResponseMessage> pipeline, ResilienceHandlerContext context)
    {
        pipeline.AddRetry(new HttpRetryStrategyOptions
        {
            MaxRetryAttempts = 1,
            Delay = RetryDelay,
            ShouldRetryAfterHeader = false,
            ShouldHandle = args => new(IsRead(args.Context) && CircuitBreaker.IsFailure(args.Outcome)),
        });
        pipeline.AddCircuitBreaker(context, new Uri(context.InstanceName).Host, Breaker);
        pipeline.AddTimeout(new TimeoutStrategyOptions
        {
            TimeoutGenerator = args => new(IsRead(args.Context) ? Page : Change),
        });
    }

    static bool IsRead(ResilienceContext call) => call.GetRequestMessage()?.Method == HttpMethod.Get;

    static IHttpClientBuilder Named(this IServiceCollection services, string name) =>
        services.AddHttpClient(name).UsePlainSockets(_ => ConnectTimeout);
}
