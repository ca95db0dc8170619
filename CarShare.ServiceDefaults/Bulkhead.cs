using System.Threading.RateLimiting;
using CarShare.Contracts;
using Microsoft.AspNetCore.Builder;

namespace CarShare.ServiceDefaults;

/// <summary>
/// So much work at once and no more; so many more wait for their turn, first come first served, and the rest is sent
/// away (Nygard, Release It!, "Bulkheads").
/// </summary>
/// <param name="atOnce">Work done at the same time.</param>
/// <param name="waiting">How many may wait.</param>
/// <param name="maxWait">How long each waits at most; as long as its caller does by default.</param>
public sealed class Bulkhead(int atOnce, int waiting, TimeSpan? maxWait = null) : IDisposable
{
    readonly ConcurrencyLimiter _limiter = new(new() { PermitLimit = atOnce, QueueLimit = waiting });

    /// <returns>A turn to be given back; null when there is no room to wait or none came free in time.</returns>
    public async ValueTask<IDisposable?> Enter(CancellationToken ct = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (maxWait is { } most) patience.CancelAfter(most);
        try
        {
            var lease = await _limiter.AcquireAsync(1, patience.Token);
            if (lease.IsAcquired) return lease;
            lease.Dispose();
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _limiter.Dispose();
}

/// <summary>Endpoints behind a bulkhead.</summary>
public static class BulkheadEndpoints
{
    /// <summary>
    /// A request waits for its turn before anything is read or made for it; <paramref name="refusal"/> when there is
    /// none.
    /// </summary>
    public static TBuilder Behind<TBuilder>(this TBuilder endpoint, Bulkhead bulkhead, Refusal refusal)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Finally(built =>
        {
            var handle = built.RequestDelegate!;
            built.RequestDelegate = async http =>
            {
                using var turn = await bulkhead.Enter(http.RequestAborted);
                await (turn is null ? refusal.ToProblem().ExecuteAsync(http) : handle(http));
            };
        });
        return endpoint;
    }
}
