using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Data;
using CarShare.Orders.Domain;

namespace CarShare.Orders.Events;

/// <summary>The payment went through after all, though nobody waited for its answer any more.</summary>
static class AcceptPayment
{
    public static Task Handle(PaymentApproved e, EventContext<OrdersDb> context, CancellationToken ct)
    {
        var now = context.Services.GetRequiredService<TimeProvider>().Now();
        if (context.Order(e.OrderId) is { } order && order.Approve(e.PaymentId, now).Changed())
            context.Db.Publish(order.Placed(now));
        return Task.CompletedTask;
    }
}
