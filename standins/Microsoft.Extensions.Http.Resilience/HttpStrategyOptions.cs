using System.Net;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Microsoft.Extensions.Http.Resilience;

public class HttpRetryStrategyOptions : RetryStrategyOptions<HttpResponseMessage>
{
    public HttpRetryStrategyOptions()
    {
        ShouldHandle = args => new(HttpClientResiliencePredicates.IsTransient(args.Outcome));
        BackoffType = Polly.DelayBackoffType.Exponential;
        UseJitter = true;
        ShouldRetryAfterHeader = true;
    }

    public bool ShouldRetryAfterHeader
    {
        get => DelayGenerator is not null;
        set => DelayGenerator = value ? args => new(args.Outcome.Result?.Headers.RetryAfter?.Delta) : null;
    }
}

public class HttpCircuitBreakerStrategyOptions : CircuitBreakerStrategyOptions<HttpResponseMessage>
{
    public HttpCircuitBreakerStrategyOptions() => ShouldHandle = args => new(HttpClientResiliencePredicates.IsTransient(args.Outcome));
}

public static class HttpClientResiliencePredicates
{
    public static bool IsTransient(Polly.Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException or TimeoutRejectedException } => true,
        { Result.StatusCode: >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests } => true,
        _ => false,
    };
}
