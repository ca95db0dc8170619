using System.Threading.RateLimiting;
using CarShare.Contracts;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

/// <summary>
/// Holds users off for a moment while this process has as much work as it can do in time. Nothing is stored for those
/// who are sent away.
/// </summary>
sealed class Intake(IOptions<OrdersOptions> options) : IDisposable
{
    public static readonly Refusal Overloaded =
        new(RefusalKind.Unavailable, "overloaded", "Too many orders are being taken at the moment. Try again shortly.");

    readonly ConcurrencyLimiter _limiter = new(new()
    {
        PermitLimit = options.Value.MaxConcurrent,
        QueueLimit = options.Value.MaxWaiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <returns>A turn to be given back; null when none came free in time.</returns>
    public async ValueTask<RateLimitLease?> Enter()
    {
        using var patience = new CancellationTokenSource(options.Value.MaxWait);
        try
        {
            var lease = await _limiter.AcquireAsync(1, patience.Token);
            if (lease.IsAcquired) return lease;
            lease.Dispose();
            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => _limiter.Dispose();
}
