using System.Threading.RateLimiting;
using CarShare.Contracts;
using CarShare.ServiceDefaults;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Model;

namespace CarShare.Gateway;

static class LimitsSetup
{
    internal static void AddLimits(this IServiceCollection services)
    {
        services.AddOptions<LimitsOptions>().BindConfiguration("Limits")
            .Validate(
                limits => limits.AreValid,
                "Limits: every number must be above zero, Burst at least PerSecond, and BodyGrace more than a second.")
            .ValidateOnStart();
        services.AddSingleton<Limits>();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<LimitsOptions>>((kestrel, options) =>
        {
            var limits = options.Value;
            kestrel.Limits.MaxRequestLineSize = 8 * 1024;
            // The token, at most 8 KiB, and what browsers send beside it.
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 64;
            kestrel.Limits.RequestHeadersTimeout = limits.HeadersTimeout;
            kestrel.Limits.MinRequestBodyDataRate = new(limits.BodyBytesPerSecond, limits.BodyGrace);
            kestrel.Limits.KeepAliveTimeout = limits.KeepAlive;
            kestrel.Limits.MaxConcurrentConnections = limits.Connections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = 0;
        });
    }

    /// <summary>
    /// After the authentication, which says whose request it is, and before the authorization, so that those who are
    /// turned away are counted too.
    /// </summary>
    internal static void UseLimits(this IApplicationBuilder app) =>
        app.Use((http, next) => http.RequestServices.GetRequiredService<Limits>().Handle(http, next));
}

/// <summary>
/// Nobody gets more than their share: a token bucket and a number of requests at once for each caller (429), and then a
/// number of requests at once for all of them together (503). An open stream counts among its caller's streams only: it
/// costs next to nothing while nothing happens.
/// </summary>
sealed class Limits : IDisposable
{
    static readonly Refusal Overloaded = Refusal.Unavailable(
        "overloaded", "CarShare has too much to do at the moment. Try again shortly.");

    readonly PartitionedRateLimiter<Caller> _requests, _atOnce, _streams;
    readonly Bulkhead _all;

    public Limits(IOptions<LimitsOptions> options)
    {
        var limits = options.Value;
        _requests = PartitionedRateLimiter.Create<Caller, Caller>(
            caller => RateLimitPartition.GetTokenBucketLimiter(caller, _ => new()
            {
                TokenLimit = Of(caller).Burst,
                TokensPerPeriod = Of(caller).PerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));
        _atOnce = AtOnce(caller => Of(caller).AtOnce);
        _streams = AtOnce(caller => Of(caller).Streams);
        _all = new(limits.AtOnce, limits.Waiting);

        CallerLimits Of(Caller caller) => caller.Kind switch
        {
            CallerKind.Customer => limits.Customer,
            CallerKind.Operator => limits.Operator,
            _ => limits.Address,
        };
    }

    public async Task Handle(HttpContext http, RequestDelegate next)
    {
        var (caller, isStream) = (Caller.Of(http), IsStream(http));
        using var request = _requests.AttemptAcquire(caller);
        if (!request.IsAcquired)
        {
            await TooMany(http, "You are asking too often.",
                request.TryGetMetadata(MetadataName.RetryAfter, out var pause) ? pause : null);
            return;
        }

        using var own = (isStream ? _streams : _atOnce).AttemptAcquire(caller);
        if (!own.IsAcquired)
        {
            await TooMany(
                http, isStream ? "You have too many streams open." : "You are asking for too much at once.");
            return;
        }

        using var turn = isStream ? null : await _all.Enter(http.RequestAborted);
        if (turn is null && !isStream) await Overloaded.ToProblem().ExecuteAsync(http);
        else await next(http);
    }

    public void Dispose()
    {
        _requests.Dispose();
        _atOnce.Dispose();
        _streams.Dispose();
        _all.Dispose();
    }

    static PartitionedRateLimiter<Caller> AtOnce(Func<Caller, int> limit) =>
        PartitionedRateLimiter.Create<Caller, Caller>(caller => RateLimitPartition.GetConcurrencyLimiter(
            caller, _ => new() { PermitLimit = limit(caller), QueueLimit = 0 }));

    static bool IsStream(HttpContext http) =>
        Routes.IsStream(http.GetEndpoint()?.Metadata.GetMetadata<RouteModel>()?.Config.ClusterId);

    static Task TooMany(HttpContext http, string what, TimeSpan? pause = null) =>
        new Refusal(RefusalKind.TooMany, "too-many-requests", $"{what} Try again shortly.") { RetryAfter = pause }
            .ToProblem().ExecuteAsync(http);
}
