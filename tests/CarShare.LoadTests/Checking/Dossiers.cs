using System.Runtime.CompilerServices;
using CarShare.Contracts;
using Npgsql;

namespace CarShare.LoadTests.Checking;

/// <summary>One pass over all databases side by side, in the order of order ids.</summary>
static class Dossiers
{
    public static async IAsyncEnumerable<Dossier> Read(Stores stores, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var orders = Of(stores.Orders, Orders, r => new OrderRow(
            r.GetString(1), Enum.Parse<OrderStatus>(r.GetString(2)), r.GetGuid(3), r.Maybe<string>(4), r.GetInt32(5),
            r.GetInt32(6), r.Null<decimal>(7), r.Null<decimal>(8), r.Null<Guid>(9),
            r.GetFieldValue<Guid[]>(10), r.Null<DateTime>(11), r.Null<DateTime>(12), r.GetString(13)), ct);
        await using var payments = Of(stores.Payments, Payments, r => new PaymentRow(
            r.Null<Guid>(1), r.Maybe<string>(2), r.Null<decimal>(3),
            r.IsDBNull(4) ? null : Enum.Parse<PaymentStatus>(r.GetString(4)), r.Null<decimal>(5)), ct);
        await using var ledger = Of(stores.Payments, Ledger, r =>
            new LedgerRow(Enum.Parse<LedgerEntryKind>(r.GetString(1)), r.GetDecimal(2), r.GetString(3)), ct);
        await using var deliveries = Of(stores.Deliveries, Deliveries, r => new DeliveryRow(
            r.Null<Guid>(1), r.Maybe<string>(2), r.IsDBNull(3) ? null : Enum.Parse<DeliveryStatus>(r.GetString(3)),
            r.GetFieldValue<Guid[]>(4), r.Null<DateTime>(5)), ct);
        await using var stock = Of(stores.Stocks, StockOrders, r => new StockRow(r.GetInt32(1), r.GetBoolean(2)), ct);
        await using var held = Of(
            stores.Stocks, Held, r => new HeldCar(r.GetGuid(1), Enum.Parse<VehicleState>(r.GetString(2))), ct);
        await using var reserved = Of(stores.Stocks, Reserved, r => r.GetGuid(1), ct);
        await using var ordersEvents = Of(stores.Orders, Events, Event, ct);
        await using var stocksEvents = Of(stores.Stocks, Events, Event, ct);
        await using var paymentsEvents = Of(stores.Payments, Events, Event, ct);
        await using var deliveriesEvents = Of(stores.Deliveries, Events, Event, ct);
        await using var notifications = Of(
            stores.Notifications, Notifications, r => new NotificationRow(r.GetGuid(1), r.GetString(2)), ct);

        ISortedRows[] all = [
            orders, payments, ledger, deliveries, stock, held, reserved, ordersEvents, stocksEvents, paymentsEvents,
            deliveriesEvents, notifications,
        ];
        foreach (var rows in all) await rows.Begin();
        while (all.Min(rows => rows.Next) is { } id)
        {
            foreach (var rows in all) await rows.Take(id);
            yield return new(
                id, orders.Single, payments.Single, ledger.Taken, deliveries.Single, stock.Single, held.Taken,
                reserved.Taken,
                    [.. ordersEvents.Taken, .. stocksEvents.Taken, .. paymentsEvents.Taken, .. deliveriesEvents.Taken],
                    notifications.Taken);
        }
    }

    const string Cars =
        "ARRAY(SELECT (car ->> 'vehicleId')::uuid FROM jsonb_array_elements(vehicles) AS car ORDER BY 1)";

    const string Orders =
        $"""
        SELECT order_id, customer_id, status, product_id, model_name, quantity, hours, hourly_rate, amount, payment_id,
            {Cars}, delivered_at, return_by,
            delivery_address FROM orders ORDER BY order_id
        """;

    const string Payments =
        "SELECT order_id, payment_id, customer_id, amount, status, late_fee FROM payments ORDER BY order_id";

    const string Ledger =
        "SELECT order_id, kind, amount, customer_id FROM ledger_entries WHERE order_id IS NOT NULL ORDER BY order_id";

    const string Deliveries =
        $"""
        SELECT order_id, delivery_id, customer_id, d.status, {Cars}, h.at FROM deliveries d
        LEFT JOIN (SELECT order_id, (step ->> 'at')::timestamptz AS at
            FROM deliveries, jsonb_array_elements(history) AS step
            WHERE step ->> 'status' = 'Delivered') h USING (order_id) ORDER BY order_id
        """;

    const string StockOrders = "SELECT order_id, revision, closed_at IS NOT NULL FROM stock_orders ORDER BY order_id";

    const string Held =
        "SELECT order_id, vehicle_id, state FROM vehicles WHERE order_id IS NOT NULL ORDER BY order_id, vehicle_id";

    const string Reserved =
        "SELECT order_id, vehicle_id FROM reservations WHERE released_at IS NULL ORDER BY order_id, vehicle_id";

    // Text is sorted byte by byte here, as ids are; a top-up and a product belong to no order.
    const string Events =
        """
        SELECT key::uuid, id, type, CASE WHEN type = 'carshare.order.returned.v1'
            THEN (payload::json ->> 'lateFee')::numeric END,
            CASE WHEN type IN ('carshare.order.placed.v1', 'carshare.vehicle.reassigned.v1')
            THEN (payload::json ->> 'revision')::integer END FROM outbox
        WHERE type <> 'carshare.deposit.credited.v1' AND type NOT LIKE 'carshare.product.%'
        ORDER BY key COLLATE "C", sequence
        """;

    const string Notifications =
        "SELECT order_id, notification_id, kind FROM notifications WHERE order_id IS NOT NULL ORDER BY order_id";

    static EventRow Event(NpgsqlDataReader row) =>
        new(row.GetGuid(1), row.GetString(2), row.Null<decimal>(3), row.Null<int>(4));

    static SortedRows<T> Of<T>(
        NpgsqlDataSource database, string sql, Func<NpgsqlDataReader, T> read, CancellationToken ct) =>
        new(database.Rows(sql, row => (row.GetGuid(0), read(row)), ct));
}
