using System.Globalization;
using System.Text.Json;
using CarShare.Contracts;
using CarShare.Messaging;
using CarShare.Orders.Domain;
using CarShare.ServiceDefaults;
using Microsoft.EntityFrameworkCore;

namespace CarShare.Orders.Data;

/// <summary>How rows of orders are found, locked and first written.</summary>
static class OrderRows
{
    public static IQueryable<Order> VisibleTo(this IQueryable<Order> orders, CurrentUser user) =>
        user.IsOperator ? orders : orders.Where(o => o.CustomerId == user.CustomerId);

    /// <summary>Locks the order for the rest of the transaction.</summary>
    public static Task<Order?> Lock(this OrdersDb db, Guid orderId, CancellationToken ct) =>
        db.Orders.FromSql($"SELECT *, xmin FROM orders WHERE order_id = {orderId} FOR UPDATE").SingleOrDefaultAsync(ct);

    /// <summary>Locks the order if this user may see it: nobody waits for, or holds up, somebody else's.</summary>
    public static Task<Order?> LockVisible(this OrdersDb db, Guid orderId, CurrentUser user, CancellationToken ct) => user.IsOperator
        ? db.Lock(orderId, ct)
        : db.Orders.FromSql($"SELECT *, xmin FROM orders WHERE order_id = {orderId} AND customer_id = {user.CustomerId} FOR UPDATE").SingleOrDefaultAsync(ct);

    /// <summary>The clock all processes share.</summary>
    public static Task<DateTimeOffset> Now(this OrdersDb db, CancellationToken ct) =>
        db.Database.SqlQuery<DateTimeOffset>($"SELECT clock_timestamp() AS \"Value\"").SingleAsync(ct);

    /// <summary>Commit 1. False when the customer's key already stands for an order.</summary>
    public static async Task<bool> TryInsert(this OrdersDb db, Order o, CancellationToken ct)
    {
        var versions = await db.Read(
            $"""
            INSERT INTO orders (order_id, customer_id, idempotency_key, request_hash, product_id, vehicle_id, quantity, hours, delivery_address, vehicles, revision, history, status, attempts,
                                created_at)
            VALUES ({o.OrderId}, {o.CustomerId}, {o.IdempotencyKey}, {o.RequestHash}, {o.ProductId}, {o.VehicleId}::uuid, {o.Quantity}, {o.Hours}, {o.DeliveryAddress}, '[]', 0,
                    {Json(o.History)}::jsonb, {nameof(OrderStatus.Pending)}, 1, now())
            ON CONFLICT (customer_id, idempotency_key) DO NOTHING RETURNING xmin
            """, row => row.GetFieldValue<uint>(0), ct);
        if (versions.Count == 0) return false;
        o.Xmin = versions[0];
        return true;
    }

    /// <summary>Commit 2, as nearly always: the order is placed together with its event. False when somebody has touched it since it was read, and nothing is changed.</summary>
    public static Task<bool> TryPlace(this OrdersDb db, Order o, DateTimeOffset now, CancellationToken ct) => db.PublishWith(
        o.Placed(now),
        $"""
        WITH done AS (
            UPDATE orders SET status = {nameof(OrderStatus.Placed)}, history = {Json(o.History)}::jsonb, model_name = {o.ModelName}, hourly_rate = {o.HourlyRate}, amount = {o.Amount},
                vehicles = {Json(o.Vehicles)}::jsonb, revision = {o.Revision}, payment_id = {o.PaymentId}, answer_status = {o.AnswerStatus}, answer_body = {o.AnswerBody}
            WHERE order_id = {o.OrderId} AND xmin::text = {o.Xmin.ToString(CultureInfo.InvariantCulture)}
            RETURNING order_id)
        """, ct);

    /// <summary>
    /// Begins another attempt at a Pending order. One of several callers that saw the same attempt gets it. Counted in the row, so that whoever rejects the order knows
    /// that a call he has not made may still arrive.
    /// </summary>
    public static async Task<bool> TryTakeOver(this OrdersDb db, Order seen, CancellationToken ct) =>
        await db.Orders.Where(o => o.OrderId == seen.OrderId && o.Status == OrderStatus.Pending && o.Attempts == seen.Attempts)
            .ExecuteUpdateAsync(o => o.SetProperty(x => x.Attempts, x => x.Attempts + 1), ct) == 1;

    static string Json<T>(IReadOnlyList<T> list) => JsonSerializer.Serialize(list, EventJson.Options);
}
