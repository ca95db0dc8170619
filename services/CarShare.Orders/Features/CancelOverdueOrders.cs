using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

/// <summary>
/// Cancels orders whose process died before it decided them and orders that were not paid in time. Every replica
/// sweeps; rows another one works
/// on are skipped, and the database's clock decides, so that no process with a wrong clock cancels too early.
/// </summary>
sealed partial class CancelOverdueOrders(
    IServiceScopeFactory scopes, IOptions<OrdersOptions> options, Supervisor supervisor,
    ILogger<CancelOverdueOrders> logger)
    : BackgroundService
{
    const int Step = 100;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervisor.Every(options.Value.SweepInterval, "Cancelling overdue orders", Sweep, stoppingToken);

    async Task Sweep(CancellationToken ct)
    {
        await Cancel(CancelReason.Abandoned, ct,
            $"""
            SELECT *, xmin FROM orders WHERE status = 'Pending' AND created_at < now() - {options.Value.PendingTimeout}
            ORDER BY created_at LIMIT {Step} FOR UPDATE SKIP LOCKED
            """);
        await Cancel(CancelReason.PaymentExpired, ct,
            $"""
            SELECT *, xmin FROM orders WHERE status = 'AwaitingPayment' AND expires_at < now()
            ORDER BY expires_at LIMIT {Step} FOR UPDATE SKIP LOCKED
            """);
    }

    async Task Cancel(CancelReason reason, CancellationToken ct, FormattableString overdue)
    {
        await using var scope = scopes.CreateAsyncScope();
        int found;
        do
        {
            found = await scope.ServiceProvider.GetRequiredService<EndOrders>().Cancel(reason, overdue, ct);
            if (found > 0) Log.Cancelled(logger, found, reason);
        }
        while (found == Step);
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Count} orders cancelled: {Reason}")]
        public static partial void Cancelled(ILogger logger, int count, CancelReason reason);
    }
}
