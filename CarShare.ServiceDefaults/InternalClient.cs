using CarShare.ServiceDefaults.Authentication;
using CarShare.ServiceDefaults.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
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
        client.RemoveAllLoggers();   // the telemetry traces each call; two more lines a call tell nobody anything
        client.UseSocketsHttpHandler((handler, provider) =>
        {
            handler.ConnectTimeout = Options(provider).ConnectTimeout;
            handler.AllowAutoRedirect = false;
            handler.UseProxy = false;
            handler.UseCookies = false;
            handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        }).SetHandlerLifetime(Timeout.InfiniteTimeSpan);
        services.TryAddSingleton<BreakerMetrics>();
        client.AddResilienceHandler(
            service, (pipeline, context) => Build(pipeline, Options(context.ServiceProvider),
                context.ServiceProvider.GetRequiredService<BreakerMetrics>().Of(service)));
        client.AddServiceDiscovery();
        return client.AddServiceToken();

        InternalClientOptions Options(IServiceProvider provider) =>
            provider.GetRequiredService<IOptionsMonitor<InternalClientOptions>>().Get(service);
    }

    /// <summary>
    /// True when the other service could not be reached, was too slow or is held off by the circuit breaker: nobody
    /// knows whether it acted.
    /// </summary>
    public static bool IsUnavailable(Exception exception) =>
        exception is HttpRequestException or ExecutionRejectedException || IsConnectTimeout(exception);

    static void Build(ResiliencePipelineBuilder<HttpResponseMessage> pipeline, InternalClientOptions options,
        CircuitBreakerStateProvider state)
    {
        pipeline.AddTimeout(new TimeoutStrategyOptions { Timeout = options.TotalTimeout });
        if (options.Retries > 0)
            pipeline.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.Retries,
                Delay = options.RetryDelay,
                ShouldRetryAfterHeader = false,   // longer than the caller has time
                ShouldHandle = args =>
                    new(IsIdempotent(args.Context.GetRequestMessage()?.Method) && IsFailure(args.Outcome)),
            });
        var failures = new FailuresInARow(options.FailuresToOpen);
        pipeline.AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
        {
            // Polly counts shares. With none asked for, the first outcome it is told to handle opens the circuit.
            FailureRatio = 0,
            MinimumThroughput = 2,
            SamplingDuration = TimeSpan.FromSeconds(30),
            ShouldHandle = args => new(failures.AreMany(args.Outcome)),
            BreakDuration = options.BreakDuration,
            StateProvider = state,
        });
        pipeline.AddTimeout(new TimeoutStrategyOptions { Timeout = options.AttemptTimeout });
    }

    static bool IsFailure(Outcome<HttpResponseMessage> outcome) =>
        HttpClientResiliencePredicates.IsTransient(outcome) || IsConnectTimeout(outcome.Exception);

    // SocketsHttpHandler reports its connect timeout as a cancellation that nobody asked for.
    static bool IsConnectTimeout(Exception? exception) =>
        exception is OperationCanceledException { InnerException: TimeoutException };

    static bool IsIdempotent(HttpMethod? method) =>
        method == HttpMethod.Get || method == HttpMethod.Put || method == HttpMethod.Delete;

    sealed class FailuresInARow(int enough)
    {
        int _count;

        /// <summary>
        /// An answer begins the row anew; a caller who left, or ran out of time before the attempt did, says nothing.
        /// </summary>
        public bool AreMany(Outcome<HttpResponseMessage> outcome)
        {
            if (IsFailure(outcome)) return Interlocked.Increment(ref _count) >= enough;
            if (outcome.Exception is null) Volatile.Write(ref _count, 0);
            return false;
        }
    }
}
