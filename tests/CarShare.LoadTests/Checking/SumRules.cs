using Npgsql;

namespace CarShare.LoadTests.Checking;

/// <summary>What must add up within one store. Each rule is a query that answers the subjects that do not.</summary>
static class SumRules
{
    public static async Task<List<Violation>> Find(Stores stores, CancellationToken ct) =>
    [
        .. await Ask(stores.Payments, Rules.LedgerIsBalance, Deposits, ct),
        .. await Ask(stores.Payments, Rules.LedgerIsBalance, RunningBalance, ct),
        .. await Ask(stores.Payments, Rules.LedgerIsBalance, TopUps, ct),
        .. await Ask(stores.Stocks, Rules.CarsAddUp, Cars, ct),
        .. await Ask(stores.Stocks, Rules.CarsAddUp, States, ct),
        .. await Ask(stores.Stocks, Rules.NoOverlap, Overlaps, ct),
        .. await Ask(stores.Stocks, Rules.NoOverlap, Holders, ct),
    ];

    const string Deposits =
        """
        SELECT customer_id, format('balance %s, owed %s, but the ledger sums up to %s', balance, owed,
            coalesce(total, 0))
        FROM deposits FULL JOIN (SELECT customer_id, sum(amount) AS total FROM ledger_entries
            GROUP BY customer_id) ledger USING (customer_id)
        WHERE balance IS NULL OR coalesce(total, 0) <> balance - owed OR balance < 0 OR owed < 0
            OR (balance > 0 AND owed > 0)
        """;

    const string RunningBalance =
        """
        SELECT customer_id, format('entry %s says %s after it, the entries sum up to %s', entry_id, balance_after,
            total)
        FROM (SELECT customer_id, entry_id, balance_after, sum(amount) OVER (PARTITION BY customer_id
            ORDER BY sequence) AS total FROM ledger_entries) entries
        WHERE balance_after <> total
        """;

    const string TopUps =
        """
        SELECT customer_id, format('topped up %s, in the ledger %s', coalesce(asked, 0), coalesce(entered, 0))
        FROM (SELECT customer_id, sum(amount) AS asked FROM credits GROUP BY customer_id) t
        FULL JOIN (SELECT customer_id, sum(amount) AS entered FROM ledger_entries WHERE kind = 'TopUp'
            GROUP BY customer_id) l USING (customer_id)
        WHERE asked IS DISTINCT FROM entered
        """;

    const string Cars =
        """
        SELECT product_id::text,
            format('total %s, but %s available, %s with orders, %s defective', total, coalesce(free, 0),
            coalesce(held, 0), coalesce(broken, 0))
        FROM products LEFT JOIN (
            SELECT product_id, count(*) FILTER (WHERE order_id IS NULL AND state = 'Available') AS free,
                count(*) FILTER (WHERE order_id IS NOT NULL) AS held,
                   count(*) FILTER (WHERE order_id IS NULL AND state = 'Defective') AS broken
            FROM vehicles GROUP BY product_id) cars USING (product_id)
        WHERE total <> coalesce(free + held + broken, 0)
        """;

    const string States =
        "SELECT vehicle_id::text, 'in use without an order' FROM vehicles WHERE state = 'InUse' AND order_id IS NULL";

    // A claim is dated by the beginning of its transaction, which may have waited for the one that released the car:
    // such rows overlap by as long as a transaction may last.
    const string Overlaps =
        """
        SELECT order_id::text, format('car %s was reserved while order %s had it', vehicle_id, other)
        FROM (SELECT order_id, vehicle_id, reserved_at, released_at,
            lag(coalesce(released_at, '9999-12-31')) OVER cars AS until, lag(order_id) OVER cars AS other
              FROM reservations WINDOW cars AS (PARTITION BY vehicle_id ORDER BY reserved_at)) r
        WHERE until > reserved_at + interval '20 s'
            AND coalesce(released_at, '9999-12-31') > reserved_at + interval '20 s'
        """;

    const string Holders =
        """
        SELECT coalesce(v.order_id, r.order_id)::text,
            format('car %s is with order %s, reserved for %s', vehicle_id, v.order_id, r.order_id)
        FROM vehicles v FULL JOIN (SELECT * FROM reservations WHERE released_at IS NULL) r USING (vehicle_id)
        WHERE (v.order_id IS NOT NULL OR r.order_id IS NOT NULL) AND v.order_id IS DISTINCT FROM r.order_id
        """;

    static async Task<List<Violation>> Ask(NpgsqlDataSource database, string rule, string sql, CancellationToken ct)
    {
        var found = new List<Violation>();
        await foreach (var violation in database.Rows(
            sql, row => new Violation(rule, row.GetString(0), row.GetString(1)), ct))
            found.Add(violation);
        return found;
    }
}
