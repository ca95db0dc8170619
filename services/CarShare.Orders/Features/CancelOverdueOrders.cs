using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

/// <summary>
/// Cancels orders whose process died before it decided them and orders that were not paid in time. Every replica sweeps; rows another one works on are skipped, and
/// the database's clock decides, so that no process with a wrong clock cancels too early.
/// </summary>
sealed partial class CancelOverdueOrders(IServiceScopeFactory scopes, IOptions<OrdersOptions> options, TimeProvider clock, ILogger<CancelOverdueOrders> logger) : BackgroundService
{
    const int Step = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Sweep(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                Log.Postponed(logger, e);
            }
        }
    }

    async Task Sweep(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<OrdersDb>();
        await Cancel(db, CancelReason.Abandoned, ct,
            $"""
            SELECT *, xmin FROM orders WHERE status = 'Pending' AND created_at < now() - {options.Value.PendingTimeout}
            ORDER BY created_at LIMIT {Step} FOR UPDATE SKIP LOCKED
            """);
        await Cancel(db, CancelReason.PaymentExpired, ct,
            $"""
            SELECT *, xmin FROM orders WHERE status = 'AwaitingPayment' AND expires_at < now()
            ORDER BY expires_at LIMIT {Step} FOR UPDATE SKIP LOCKED
            """);
    }

    async Task Cancel(OrdersDb db, CancelReason reason, CancellationToken ct, FormattableString overdue)
    {
        int found;
        do
        {
            found = await db.InTransaction(async token =>
            {
                var orders = await db.Orders.FromSql(overdue).ToListAsync(token);
                var now = clock.Now();
                foreach (var order in orders.Where(o => o.Cancel(reason, now).Changed)) db.Publish(order.Cancelled(reason, now));
                return orders.Count;
            }, ct);
            if (found > 0) Log.Cancelled(logger, found, reason);
        }
        while (found == Step);
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Count} orders cancelled: {Reason}")]
        public static partial void Cancelled(ILogger logger, int count, CancelReason reason);

        [LoggerMessage(LogLevel.Warning, "Overdue orders can't be cancelled at the moment")]
        public static partial void Postponed(ILogger logger, Exception error);
    }
}
