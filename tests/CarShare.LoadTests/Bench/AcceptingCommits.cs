namespace CarShare.LoadTests.Bench;

/// <summary>
/// The four commits that accept an order, statement by statement as orders, stocks and payments make them: pending,
/// cars taken, paid, placed.
/// </summary>
sealed class AcceptingCommits(Session orders, Session stocks, Session payments) : IAsyncDisposable
{
    const string CustomersTurn = "SELECT 1 FROM pg_advisory_xact_lock(hashtextextended($1, 0))";

    const string Pending =
        """
        WITH unpaid AS (
            SELECT coalesce(sum(quantity), 0)::bigint AS cars FROM orders WHERE customer_id = $2
                AND status IN ('Pending', 'AwaitingPayment')),
        declined AS (
            SELECT count(*) AS times FROM orders
            WHERE customer_id = $2 AND status = 'Rejected' AND reason = 'payment-declined'
                AND created_at > now() - interval '10 minutes'),
        stored AS (
            INSERT INTO orders (order_id, customer_id, idempotency_key, request_hash, product_id, vehicle_id, quantity,
                hours, delivery_address,
                vehicles, revision, history, status, attempts)
            SELECT $1, $2, $3, $4, $5, NULL, 1, 1, $6, '[]', 0, $7::jsonb, 'Pending', 1 FROM unpaid, declined
                WHERE cars < 20 AND times < 5
            ON CONFLICT (customer_id, idempotency_key) DO NOTHING RETURNING xmin)
        SELECT (SELECT xmin FROM stored), cars FROM unpaid
        """;

    const string Free = "product_id = $2 AND order_id IS NULL AND state = 'Available'";

    const string Header =
        $"""
        INSERT INTO stock_orders (order_id, product_id, quantity, revision, model_name, hourly_rate, created_at)
        SELECT $1, product_id, 1, 1, model_name, hourly_rate, now() FROM products
        WHERE product_id = $2 AND retired_at IS NULL
            AND 1 = (SELECT count(*) FROM (SELECT FROM vehicles WHERE {Free} ORDER BY vehicle_id LIMIT 1) AS enough)
        ON CONFLICT (order_id) DO NOTHING
        """;

    const string TakeFree =
        $"""
        WITH free AS MATERIALIZED (
            SELECT vehicle_id FROM vehicles WHERE {Free}
                AND EXISTS (SELECT FROM stock_orders WHERE order_id = $1
                    AND xmin = pg_current_xact_id_if_assigned()::xid)
                AND NOT EXISTS (SELECT FROM reservations WHERE order_id = $1)
            ORDER BY vehicle_id LIMIT 1 FOR UPDATE SKIP LOCKED),
        taken AS (
            UPDATE vehicles v SET order_id = $1, last_order_id = $1 FROM free WHERE v.vehicle_id = free.vehicle_id
                AND 1 = (SELECT count(*) FROM free)
            RETURNING v.vehicle_id, v.plate, v.location),
        history AS (INSERT INTO reservations (order_id, vehicle_id, revision, reserved_at)
            SELECT $1, vehicle_id, 1, now() FROM taken)
        SELECT t.vehicle_id, t.plate, t.location, p.model_name, p.hourly_rate FROM taken t CROSS JOIN products p
            WHERE p.product_id = $2
        ORDER BY t.vehicle_id
        """;

    const string Payment =
        """
        INSERT INTO payments (order_id, created_at) VALUES ($1, $2) ON CONFLICT (order_id) DO UPDATE
            SET order_id = excluded.order_id
        """;

    const string Paid =
        """
        WITH debited AS (
            UPDATE deposits SET balance = balance - $3 WHERE customer_id = $2 AND balance >= $3
                AND EXISTS (SELECT FROM payments WHERE order_id = $1 AND closed_at IS NULL
                    AND coalesce(status, '') = '')
            RETURNING balance),
        entry AS (
            INSERT INTO ledger_entries (entry_id, customer_id, kind, amount, balance_after, order_id, at)
                SELECT $5, $2, 'Payment', -$3, balance, $1, $6 FROM debited),
        done AS (
            UPDATE payments SET customer_id = $2, amount = $3, payment_id = $4, status = 'Approved' FROM debited
                WHERE order_id = $1 RETURNING order_id)
        INSERT INTO outbox (id, type, topic, key, payload, trace_parent, occurred_at, attempt)
            SELECT $7, $8, $9, $10, $11, $12, $13, 0 FROM done RETURNING sequence
        """;

    const string Placed =
        """
        WITH done AS (
            UPDATE orders SET status = 'Placed', history = $1::jsonb, model_name = 'Limit', hourly_rate = 1000,
                amount = 1000, vehicles = $2::jsonb, revision = 1, payment_id = $3,
                answer_status = 201, answer_body = $4
            WHERE order_id = $5 AND xmin::text = $6
            RETURNING order_id)
        INSERT INTO outbox (id, type, topic, key, payload, trace_parent, occurred_at, attempt)
            SELECT $7, $8, $9, $10, $11, $12, $13, 0 FROM done RETURNING sequence
        """;

    // As long as the answers are.
    static readonly string Answer = new('x', 700), Hash = new('0', 64), PendingHistory = History("Pending"),
        PlacedHistory = History("Pending", "Placed");

    public static string History(params string[] steps) =>
        "[" + string.Join(',', steps.Select(step =>
            $$"""{"status":"{{step}}","at":"2026-01-01T00:00:00.123456+00:00","reason":null}""")) + "]";

    public async Task<Accepted> Accept(Guid product, string customer, CancellationToken ct)
    {
        var (order, payment, now) = (Guid.CreateVersion7(), Guid.CreateVersion7(), DateTimeOffset.UtcNow);
        var version = (await orders.ReadLast<uint>(
            ct, (CustomersTurn, [customer]), (Pending, [
                order, customer, order.ToString(), Hash, product, "Seoul, Jung-gu 1", PendingHistory,
            ]))).Single();
        var car = (await stocks.ReadLast<Guid>(ct, (Header, [order, product]), (TakeFree, [order, product]))).Single();
        await payments.Save(
            [(Payment, [order, now]), (Paid, [order, customer, 1_000m, payment, Guid.CreateVersion7(), now,
                .. KernelSql.Event(order, "carshare.payments", "carshare.payment.approved.v1")])], ct);
        var vehicles = $$"""[{"vehicleId":"{{car}}","plate":"limit"}]""";
        await orders.Read<long>(
            Placed, ct, [PlacedHistory, vehicles, payment, Answer, order, version.ToString(), .. KernelSql.Event(
                order, "carshare.orders", "carshare.order.placed.v1")]);
        return new(order, customer, vehicles);
    }

    public async ValueTask DisposeAsync()
    {
        await orders.DisposeAsync();
        await stocks.DisposeAsync();
        await payments.DisposeAsync();
    }
}

sealed record Accepted(Guid OrderId, string Customer, string Vehicles);
