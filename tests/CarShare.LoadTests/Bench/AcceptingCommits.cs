namespace CarShare.LoadTests.Bench;

/// <summary>The four commits that accept an order, statement by statement as orders, stocks and payments make them: pending, cars claimed, paid, placed.</summary>
sealed class AcceptingCommits(Session orders, Session stocks, Session payments) : IAsyncDisposable
{
    const string Pending =
        """
        WITH taken AS (
            INSERT INTO orders (order_id, customer_id, idempotency_key, request_hash, product_id, vehicle_id, quantity, hours, delivery_address, vehicles, revision, status, attempts, created_at)
            VALUES ($1, $2, $3, $4, $5, NULL, 1, 1, $6, '[]', 0, 'Pending', 1, now())
            ON CONFLICT (customer_id, idempotency_key) DO NOTHING RETURNING order_id, created_at)
        INSERT INTO order_history (order_id, status, at) SELECT order_id, 'Pending', created_at FROM taken
        """;

    const string StockOrder =
        """
        WITH header AS (
            INSERT INTO stock_orders (order_id, product_id, quantity, wanted_vehicle_id, created_at) SELECT $1, product_id, 1, NULL, now() FROM products WHERE product_id = $2
            ON CONFLICT (order_id) DO UPDATE SET product_id = coalesce(stock_orders.product_id, excluded.product_id), quantity = coalesce(stock_orders.quantity, excluded.quantity)
            RETURNING *)
        SELECT h.revision, h.closed_at, p.model_name, p.hourly_rate FROM header h CROSS JOIN products p WHERE p.product_id = $2
        """;

    const string Claim =
        """
        WITH free AS MATERIALIZED (
            SELECT vehicle_id FROM vehicles WHERE product_id = $1 AND order_id IS NULL AND state = 'Available'
              AND $2 <= (SELECT count(*) FROM (SELECT FROM vehicles WHERE product_id = $1 AND order_id IS NULL AND state = 'Available' ORDER BY vehicle_id LIMIT $2) AS enough)
            ORDER BY vehicle_id LIMIT $2 FOR UPDATE SKIP LOCKED),
        taken AS (UPDATE vehicles v SET order_id = $3, last_order_id = $3 FROM free WHERE v.vehicle_id = free.vehicle_id RETURNING v.vehicle_id, v.plate),
        history AS (INSERT INTO reservations (order_id, vehicle_id, revision, reserved_at) SELECT $3, vehicle_id, 1, now() FROM taken),
        header AS (UPDATE stock_orders SET revision = 1 WHERE order_id = $3)
        SELECT vehicle_id FROM taken
        """;

    const string Payment = "INSERT INTO payments (order_id, created_at) VALUES ($1, $2) ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id RETURNING *, xmin";
    const string Debit = "UPDATE deposits SET balance = balance - $1 WHERE customer_id = $2 AND balance >= $1 RETURNING balance";
    const string Paid = "UPDATE payments SET amount = $1, customer_id = $2, payment_id = $3, status = 'Approved' WHERE order_id = $4 RETURNING xmin";
    const string Ledger = "INSERT INTO ledger_entries (amount, at, balance_after, customer_id, entry_id, kind, order_id) VALUES ($1, $2, $3, $4, $5, 'Payment', $6) RETURNING sequence";
    const string Lock = "SELECT *, xmin FROM orders WHERE order_id = $1 FOR UPDATE";
    const string History = "SELECT order_id, number, at, reason, status FROM order_history WHERE order_id = $1 ORDER BY number";

    const string Placed =
        """
        UPDATE orders SET amount = 1000, answer_body = $1, answer_status = 201, hourly_rate = 1000, model_name = 'Limit', payment_id = $2, revision = 1, status = 'Placed', vehicles = $3::jsonb
        WHERE order_id = $4 RETURNING xmin
        """;

    public const string Step = "INSERT INTO order_history (order_id, at, reason, status) VALUES ($1, $2, NULL, $3) RETURNING number";

    // As long as the answers are.
    static readonly string Answer = new('x', 700), Hash = new('0', 64);

    public async Task<Accepted> Accept(Guid product, string customer, CancellationToken ct)
    {
        var (order, payment) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await orders.Run(Pending, ct, order, customer, order.ToString(), Hash, product, "Seoul, Jung-gu 1");
        var car = Guid.Empty;
        await stocks.Transaction(async () =>
        {
            await stocks.Read<int>(StockOrder, ct, order, product);
            await stocks.Save([("SAVEPOINT claim", [])], ct);
            car = (await stocks.Read<Guid>(Claim, ct, product, 1, order)).Single();
        }, ct);
        await payments.Transaction(async () =>
        {
            var now = DateTimeOffset.UtcNow;
            await payments.Read<Guid>(Payment, ct, order, now);
            var left = (await payments.Read<decimal>(Debit, ct, 1_000m, customer)).Single();
            await payments.Save([(Paid, [1_000m, customer, payment, order]), (Ledger, [-1_000m, now, left, customer, Guid.CreateVersion7(), order]), KernelSql.Publish(order, "carshare.payments", "carshare.payment.approved.v1")], ct);
        }, ct);
        var vehicles = $$"""[{"vehicleId":"{{car}}","plate":"limit"}]""";
        await orders.Transaction(async () =>
        {
            await orders.Read<Guid>(Lock, ct, order);
            await orders.Read<Guid>(History, ct, order);
            await orders.Save([(Placed, [Answer, payment, vehicles, order]), (Step, [order, DateTimeOffset.UtcNow, "Placed"]), KernelSql.Publish(order, "carshare.orders", "carshare.order.placed.v1")], ct);
        }, ct);
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
