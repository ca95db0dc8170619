using CarShare.Contracts;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Orders.Data;

/// <summary>How rows of orders are found and locked.</summary>
static class OrderRows
{
    /// <summary>Somebody else's does not exist either.</summary>
    public static readonly Refusal NotFound = new(RefusalKind.NotFound, "not-found", "There is no such order.");

    public static IQueryable<Order> VisibleTo(this IQueryable<Order> orders, CurrentUser user) =>
        user.IsOperator ? orders : orders.Where(o => o.CustomerId == user.CustomerId);

    /// <summary>The order, locked for the rest of the transaction.</summary>
    public static IQueryable<Order> Locked(this OrdersDb db, Guid orderId) =>
        db.Orders.FromSql($"SELECT *, xmin FROM orders WHERE order_id = {orderId} FOR UPDATE");

    /// <inheritdoc cref="Locked"/>
    public static Task<Order?> Lock(this OrdersDb db, Guid orderId, CancellationToken ct) =>
        db.Locked(orderId).SingleOrDefaultAsync(ct);

    /// <summary>Locks the order if this user may see it: nobody waits for, or holds up, somebody else's.</summary>
    public static Task<Order?> LockVisible(this OrdersDb db, Guid orderId, CurrentUser user, CancellationToken ct) =>
        user.IsOperator
        ? db.Lock(orderId, ct)
        : db.Orders.FromSql(
            $"""
            SELECT *, xmin FROM orders WHERE order_id = {orderId} AND customer_id = {user.CustomerId} FOR UPDATE
            """).SingleOrDefaultAsync(ct);

    /// <summary>The clock all processes share.</summary>
    public static Task<DateTimeOffset> Now(this OrdersDb db, CancellationToken ct) =>
        db.Database.SqlQuery<DateTimeOffset>($"SELECT clock_timestamp() AS \"Value\"").SingleAsync(ct);

    /// <summary>
    /// Begins another attempt at a Pending order. One of several callers that saw the same attempt gets it. Counted in
    /// the row, so that
    /// whoever rejects the order knows that a call he has not made may still arrive.
    /// </summary>
    public static async Task<bool> TryBeginAttempt(this OrdersDb db, Order seen, CancellationToken ct) =>
        await db.Orders.Where(
            o => o.OrderId == seen.OrderId && o.Status == OrderStatus.Pending && o.Attempts == seen.Attempts)
            .ExecuteUpdateAsync(o => o.SetProperty(x => x.Attempts, x => x.Attempts + 1), ct) == 1;
}
