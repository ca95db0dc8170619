using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CarShare.Orders.Features;

/// <summary>
/// Orders that await their payment go on by themselves: payments is asked again, less and less often, until the order
/// is paid or expires.
/// While payments is away one order at a time finds that out. One whose payment is declined then is over: it held cars
/// that nobody could pay for.
/// </summary>
sealed class RetryPayments(
    IServiceScopeFactory scopes, IOptions<OrdersOptions> options, Supervisor supervisor)
    : BackgroundService
{
    const int AtOnce = 16;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervisor.Every(options.Value.SweepInterval, "Paying orders that wait", PayDue, stoppingToken);

    async Task PayDue(CancellationToken ct)
    {
        for (var most = 1; ; most = AtOnce)
        {
            var due = await ClaimDue(most, ct);
            if (due.Count == 0) return;
            var answered = await Task.WhenAll(due.Select(order => TryPay(order, ct)));
            if (!answered.Any(isAnswered => isAnswered)) return;
        }
    }

    /// <summary>
    /// Several replicas get different ones, and each is due again later whatever becomes of this try.
    /// </summary>
    async Task<List<Order>> ClaimDue(int most, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var (first, longest) = (options.Value.FirstPaymentRetry, options.Value.LongestPaymentRetry);
        return await scope.ServiceProvider.GetRequiredService<OrdersDb>().Orders.FromSql(
            $"""
            UPDATE orders SET payment_attempts = payment_attempts + 1,
                next_payment_at = now() + least({longest}, {first} * power(2, least(payment_attempts + 1, 20)))
            WHERE order_id IN (
                SELECT order_id FROM orders WHERE status = 'AwaitingPayment' AND next_payment_at <= now()
                    AND expires_at > now()
                ORDER BY next_payment_at LIMIT {most} FOR UPDATE SKIP LOCKED)
            RETURNING *, xmin
            """).AsNoTracking().ToListAsync(ct);
    }

    /// <returns>False when payments could not be asked.</returns>
    async Task<bool> TryPay(Order order, CancellationToken ct)
    {
        using var work = OwnWork.Begin("retry payment", order.OrderId);
        await using var scope = scopes.CreateAsyncScope();
        var answer = await scope.ServiceProvider.GetRequiredService<PayOrder>().Pay(order, ct);
        if (answer.Refusal is { Kind: RefusalKind.Declined })
            await scope.ServiceProvider.GetRequiredService<EndOrders>().Cancel(CancelReason.PaymentExpired,
                $"""
                SELECT *, xmin FROM orders WHERE order_id = {order.OrderId} AND status = 'AwaitingPayment' FOR UPDATE
                """,
                ct);
        return answer.Refusal is not null || answer.Value.Status != OrderStatus.AwaitingPayment;
    }
}
