using CarShare.ServiceDefaults.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Timeout;

namespace CarShare.ServiceDefaults;

/// <summary>
/// How long a call to another service may take and how often it is tried, configuration section
/// <c>Clients:&lt;service&gt;</c>.
/// </summary>
public sealed class InternalClientOptions
{
    /// <summary>The whole call, retries and pauses included.</summary>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(1.7);

    /// <summary>One attempt.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>Opening a connection.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Attempts after the first; idempotent methods only (GET, PUT, DELETE), a POST is sent once.</summary>
    public int Retries { get; set; } = 2;

    /// <summary>The pause before the first retry; it doubles and is jittered.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// So many attempts in a row that failed or were too slow open the circuit, however many or few calls this process
    /// makes: a share of the
    /// calls within some seconds is never reached where several replicas each make few.
    /// </summary>
    public int FailuresToOpen { get; set; } = 5;

    /// <summary>How long the circuit stays open before one call tries again.</summary>
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(1);
}

/// <summary>Typed HTTP clients for calls between services.</summary>
public static class InternalClient
{
    /// <summary>
    /// Registers <typeparamref name="TClient"/> with an <see cref="HttpClient"/> for <c>http://&lt;service&gt;</c>:
    /// service discovery, a total and a per-attempt
    /// deadline, retries of idempotent methods, a circuit breaker (Nygard, "Release It!") and this service's own token.
    /// Redirects are not followed.
    /// </summary>
    public static IHttpClientBuilder AddInternalClient<TClient>(
        this IServiceCollection services, string service, Action<InternalClientOptions>? configure = null)
        where TClient : class
    {
        services.AddOptions<InternalClientOptions>(service).Configure(options => configure?.Invoke(options))
            .BindConfiguration($"Clients:{service}");
        var client = services.AddHttpClient<TClient>(http =>
        {
            http.BaseAddress = new($"http://{service}");
            http.Timeout = Timeout.InfiniteTimeSpan;   // the pipeline below is the only clock
        });
        client.UsePlainSockets(provider => Options(provider).ConnectTimeout);
        client.AddResilienceHandler(
            service, (pipeline, context) => Build(pipeline, context, service, Options(context.ServiceProvider)));
        client.AddServiceDiscovery();
        return client.AddServiceToken();

        InternalClientOptions Options(IServiceProvider provider) =>
            provider.GetRequiredService<IOptionsMonitor<InternalClientOptions>>().Get(service);
    }

    /// <summary>
    /// Connections that follow no redirect, keep no cookie and are made anew every few minutes, so that a service's new
    /// instances are found.
    /// </summary>
    public static IHttpClientBuilder UsePlainSockets(
        this IHttpClientBuilder client, Func<IServiceProvider, TimeSpan> connectTimeout) =>
        client.UseSocketsHttpHandler((handler, provider) =>
        {
            handler.ConnectTimeout = connectTimeout(provider);
            handler.AllowAutoRedirect = false;
            handler.UseCookies = false;
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        }).SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();   // the telemetry traces each call; two more lines a call tell nobody anything

    /// <summary>
    /// True when the other service could not be reached, was too slow or is held off by the circuit breaker: nobody
    /// knows whether it acted.
    /// </summary>
    public static bool IsUnavailable(Exception exception) =>
        exception is HttpRequestException or ExecutionRejectedException || CircuitBreaker.IsConnectTimeout(exception);

    static void Build(ResiliencePipelineBuilder<HttpResponseMessage> pipeline, ResilienceHandlerContext context,
        string service, InternalClientOptions options)
    {
        pipeline.AddTimeout(new TimeoutStrategyOptions { Timeout = options.TotalTimeout });
        if (options.Retries > 0)
            pipeline.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.Retries,
                Delay = options.RetryDelay,
                ShouldRetryAfterHeader = false,   // longer than the caller has time
                ShouldHandle = args => new(IsIdempotent(args.Context.GetRequestMessage()?.Method)
                    && CircuitBreaker.IsFailure(args.Outcome)),
            });
        pipeline.AddCircuitBreaker(context, service, options);
        pipeline.AddTimeout(new TimeoutStrategyOptions { Timeout = options.AttemptTimeout });
    }

    static bool IsIdempotent(HttpMethod? method) =>
        method == HttpMethod.Get || method == HttpMethod.Put || method == HttpMethod.Delete;
}
