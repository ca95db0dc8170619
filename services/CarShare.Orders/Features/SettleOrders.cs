using System.Threading.Channels;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Orders.Features;

/// <summary>Orders whose request was answered 503 before it was stored what becomes of them.</summary>
sealed class UnsettledOrders
{
    readonly Channel<(Guid OrderId, int Attempts)> _orders = Channel.CreateUnbounded<(Guid, int)>(
        new() { SingleReader = true });

    public ChannelReader<(Guid OrderId, int Attempts)> Reader => _orders.Reader;

    public void Add(Order order) => _orders.Writer.TryWrite((order.OrderId, order.Attempts));
}

/// <summary>
/// Rejects them as soon as the store answers again; money that was taken goes back by the event. The sweep is the net
/// for those of a dead process.
/// </summary>
sealed class SettleOrders(UnsettledOrders unsettled, IServiceScopeFactory scopes, Supervisor supervisor)
    : BackgroundService
{
    static readonly Refusal Unsettled =
        new(RefusalKind.Unavailable, "unavailable", "The order could not be taken in time. Try again shortly.");

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervisor.Run("Settling orders answered 503", async ct =>
        {
            while (await unsettled.Reader.WaitToReadAsync(ct))
            {
                // Taken out when it is settled: an interruption begins with the same one.
                while (unsettled.Reader.TryPeek(out var order))
                {
                    await Settle(order.OrderId, order.Attempts, ct);
                    unsettled.Reader.TryRead(out _);
                }
            }
        }, stoppingToken);

    /// <summary>A repeat of the request that has begun meanwhile decides the order itself.</summary>
    async Task Settle(Guid orderId, int attempts, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<OrdersDb>();
        var order = await db.Orders.AsNoTracking().SingleOrDefaultAsync(o => o.OrderId == orderId, ct);
        if (order is { Status: OrderStatus.Pending } && order.Attempts == attempts)
            await scope.ServiceProvider.GetRequiredService<OrderDecisions>().Reject(order, Unsettled, ct);
    }
}
