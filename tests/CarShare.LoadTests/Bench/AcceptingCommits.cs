namespace CarShare.LoadTests.Bench;

/// <summary>The four commits that accept an order, statement by statement as orders, stocks and payments make them: pending, cars taken, paid, placed.</summary>
sealed class AcceptingCommits(Session orders, Session stocks, Session payments) : IAsyncDisposable
{
    const string Pending =
        """
        INSERT INTO orders (order_id, customer_id, idempotency_key, request_hash, product_id, vehicle_id, quantity, hours, delivery_address, vehicles, revision, history, status, attempts, created_at)
        VALUES ($1, $2, $3, $4, $5, NULL, 1, 1, $6, '[]', 0, $7::jsonb, 'Pending', 1, now())
        ON CONFLICT (customer_id, idempotency_key) DO NOTHING RETURNING order_id
        """;

    const string TakeFree =
        """
        WITH free AS MATERIALIZED (
            SELECT vehicle_id FROM vehicles WHERE product_id = $1 AND order_id IS NULL AND state = 'Available' ORDER BY vehicle_id LIMIT $2 FOR UPDATE SKIP LOCKED),
        header AS (
            INSERT INTO stock_orders (order_id, product_id, quantity, wanted_vehicle_id, revision, created_at) SELECT $3, $1, $2, NULL, 1, now() WHERE $2 = (SELECT count(*) FROM free)
            ON CONFLICT (order_id) DO NOTHING RETURNING order_id),
        taken AS (
            UPDATE vehicles v SET order_id = header.order_id, last_order_id = header.order_id FROM free CROSS JOIN header WHERE v.vehicle_id = free.vehicle_id
            RETURNING v.vehicle_id, v.plate, v.order_id),
        history AS (INSERT INTO reservations (order_id, vehicle_id, revision, reserved_at) SELECT order_id, vehicle_id, 1, now() FROM taken)
        SELECT t.vehicle_id, t.plate, p.model_name, p.hourly_rate FROM taken t CROSS JOIN products p WHERE p.product_id = $1 ORDER BY t.vehicle_id
        """;

    const string Payment = "INSERT INTO payments (order_id, created_at) VALUES ($1, $2) ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id RETURNING *, xmin";
    const string Debit = "UPDATE deposits SET balance = balance - $1 WHERE customer_id = $2 AND balance >= $1 RETURNING balance";
    const string Paid = "UPDATE payments SET amount = $1, customer_id = $2, payment_id = $3, status = 'Approved' WHERE order_id = $4 RETURNING xmin";
    const string Ledger = "INSERT INTO ledger_entries (amount, at, balance_after, customer_id, entry_id, kind, order_id) VALUES ($1, $2, $3, $4, $5, 'Payment', $6) RETURNING sequence";

    const string Placed =
        """
        UPDATE orders SET amount = 1000, answer_body = $1, answer_status = 201, history = $5::jsonb, hourly_rate = 1000, model_name = 'Limit', payment_id = $2, revision = 1, status = 'Placed',
            vehicles = $3::jsonb
        WHERE order_id = $4 RETURNING xmin
        """;

    // As long as the answers are.
    static readonly string Answer = new('x', 700), Hash = new('0', 64), PendingHistory = History("Pending"), PlacedHistory = History("Pending", "Placed");

    public static string History(params string[] steps) =>
        $"[{string.Join(',', steps.Select(step => $$"""{"status":"{{step}}","at":"2026-01-01T00:00:00.123456+00:00","reason":null}"""))}]";

    public async Task<Accepted> Accept(Guid product, string customer, CancellationToken ct)
    {
        var (order, payment) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await orders.Read<Guid>(Pending, ct, order, customer, order.ToString(), Hash, product, "Seoul, Jung-gu 1", PendingHistory);
        var car = (await stocks.Read<Guid>(TakeFree, ct, product, 1, order)).Single();
        await payments.Transaction(async () =>
        {
            var now = DateTimeOffset.UtcNow;
            await payments.Read<Guid>(Payment, ct, order, now);
            var left = (await payments.Read<decimal>(Debit, ct, 1_000m, customer)).Single();
            await payments.Save([(Paid, [1_000m, customer, payment, order]), (Ledger, [-1_000m, now, left, customer, Guid.CreateVersion7(), order]), KernelSql.Publish(order, "carshare.payments", "carshare.payment.approved.v1")], ct);
        }, ct);
        var vehicles = $$"""[{"vehicleId":"{{car}}","plate":"limit"}]""";
        await orders.Transaction(
            () => orders.Save([(Placed, [Answer, payment, vehicles, order, PlacedHistory]), KernelSql.Publish(order, "carshare.orders", "carshare.order.placed.v1")], ct), ct);
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
