using System.Threading.RateLimiting;
using CarShare.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

/// <summary>Holds users off for a moment while this process has as much work as it can do in time. Nothing is stored for those who are sent away.</summary>
sealed class Intake(ConcurrencyLimiter limiter, IOptions<OrdersOptions> options) : IEndpointFilter
{
    public static ConcurrencyLimiter Limiter(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<OrdersOptions>>().Value;
        return new(new()
        {
            PermitLimit = options.MaxConcurrent,
            QueueLimit = options.MaxWaiting,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
    }

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        using var lease = await Enter();
        if (lease is { IsAcquired: true }) return await next(context);
        return Problems.Unavailable("overloaded", "Too many orders are being taken at the moment. Try again shortly.");
    }

    async ValueTask<RateLimitLease?> Enter()
    {
        using var patience = new CancellationTokenSource(options.Value.MaxWait);
        try
        {
            return await limiter.AcquireAsync(1, patience.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
