using System.Globalization;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// Orders of the past, made up by set-based statements: placed, paid, prepared and cancelled, with everything that five
/// services and the pages keep of such an order. Order n has the same id everywhere.
/// </summary>
static class Past
{
    const int Step = 50_000, PagesStep = 5_000;

    static readonly Dictionary<string, string> Statements = new()
    {
        ["ordersdb"] =
            """
            INSERT INTO orders (order_id, customer_id, idempotency_key, request_hash, product_id, quantity, hours,
                delivery_address, created_at, attempts, status, reason, model_name, hourly_rate,
                                amount, vehicles, revision, history, payment_id, answer_status, answer_body)
            SELECT pg_temp.id(n, 0), pg_temp.who(n), 'past-' || n, repeat('0', 64), pg_temp.id(0, 9), 1, 1,
                'Seoul, Jung-gu 1', pg_temp.at(n), 1, 'Cancelled', 'Customer', 'Past', 1000,
                   1000, jsonb_build_array(jsonb_build_object('vehicleId', pg_temp.car(n), 'plate',
                       'past-' || n % 1000)), 1, pg_temp.history('Pending', 'Placed', 'Preparing', 'Cancelled'),
                       pg_temp.id(n, 1), 201, repeat('x', 700) FROM past;
            INSERT INTO outbox (sequence, attempt, id, key, occurred_at, sent_at, payload, topic, type)
                OVERRIDING SYSTEM VALUE
            SELECT pg_temp.sequence(n, i), 0, pg_temp.id(n, 10 + i::int), pg_temp.id(n, 0)::text, pg_temp.at(n),
                pg_temp.at(n), repeat('x', 480), 'carshare.orders', 'carshare.order.' || kind || '.v1'
                FROM past, unnest(ARRAY['placed', 'progressed', 'cancelled']) WITH ORDINALITY AS e(kind, i)
                ORDER BY n, i;
            INSERT INTO inbox SELECT pg_temp.id(n, i), pg_temp.at(n) FROM past, unnest(ARRAY[21, 31]) AS i;
            """,
        ["stocksdb"] =
            """
            INSERT INTO products SELECT pg_temp.id(0, 9), 'Past', 1000, 'Seoul', 1000, 1, 1000, 1000
                ON CONFLICT DO NOTHING;
            INSERT INTO vehicles (vehicle_id, product_id, plate, location, state)
                SELECT pg_temp.car(n), pg_temp.id(0, 9), 'past-' || n, 'Seoul', 'Available'
                FROM generate_series(0, 999) AS n ON CONFLICT DO NOTHING;
            INSERT INTO stock_orders (order_id, product_id, quantity, revision, created_at, closed_at)
                SELECT pg_temp.id(n, 0), pg_temp.id(0, 9), 1, 1, pg_temp.at(n), pg_temp.at(n) FROM past;
            INSERT INTO reservations (order_id, vehicle_id, revision, reserved_at, released_at)
                SELECT pg_temp.id(n, 0), pg_temp.car(n), 1, pg_temp.at(n), pg_temp.at(n) FROM past;
            INSERT INTO inbox SELECT pg_temp.id(n, 13), pg_temp.at(n) FROM past;
            """,
        ["paymentsdb"] =
            """
            INSERT INTO deposits (customer_id, balance, owed) SELECT pg_temp.who(n), 1000, 0
                FROM generate_series(0, 9999) AS n ON CONFLICT DO NOTHING;
            INSERT INTO ledger_entries (entry_id, customer_id, kind, amount, balance_after, at)
                SELECT pg_temp.id(n, 40), pg_temp.who(n), 'TopUp', 1000, 1000, pg_temp.at(0)
                FROM generate_series(0, 9999) AS n ON CONFLICT DO NOTHING;
            INSERT INTO payments (order_id, payment_id, customer_id, amount, status, created_at, refunded_at, closed_at)
                SELECT pg_temp.id(n, 0), pg_temp.id(n, 1), pg_temp.who(n), 1000, 'Refunded', pg_temp.at(n),
                pg_temp.at(n), pg_temp.at(n) FROM past;
            INSERT INTO ledger_entries (entry_id, customer_id, kind, amount, balance_after, order_id, at)
            SELECT pg_temp.id(n, 40 + i::int), pg_temp.who(n), kind, CASE kind WHEN 'Payment' THEN -1000 ELSE 1000
                END, CASE kind WHEN 'Payment' THEN 0 ELSE 1000 END, pg_temp.id(n, 0), pg_temp.at(n)
                FROM past, unnest(ARRAY['Payment', 'Refund']) WITH ORDINALITY AS e(kind, i) ORDER BY n, i;
            INSERT INTO outbox (sequence, attempt, id, key, occurred_at, sent_at, payload, topic, type)
                OVERRIDING SYSTEM VALUE
            SELECT pg_temp.sequence(n, i), 0, pg_temp.id(n, 20 + i::int), pg_temp.id(n, 0)::text, pg_temp.at(n),
                pg_temp.at(n), repeat('x', 300), 'carshare.payments', 'carshare.payment.' || kind || '.v1'
                FROM past, unnest(ARRAY['approved', 'refunded']) WITH ORDINALITY AS e(kind, i) ORDER BY n, i;
            INSERT INTO inbox SELECT pg_temp.id(n, 13), pg_temp.at(n) FROM past;
            """,
        ["deliveriesdb"] =
            """
            INSERT INTO deliveries (order_id, delivery_id, customer_id, address, vehicles, revision, history, status,
                changed_at, closed_at)
            SELECT pg_temp.id(n, 0), pg_temp.id(n, 2), pg_temp.who(n), 'Seoul, Jung-gu 1',
                jsonb_build_array(jsonb_build_object('vehicleId', pg_temp.car(n), 'plate', 'past-' || n % 1000)), 1,
                pg_temp.history('Preparing', 'Cancelled'), 'Cancelled', pg_temp.at(n), pg_temp.at(n) FROM past;
            INSERT INTO outbox (sequence, attempt, id, key, occurred_at, sent_at, payload, topic, type)
                OVERRIDING SYSTEM VALUE
            SELECT pg_temp.sequence(n, i), 0, pg_temp.id(n, 30 + i::int), pg_temp.id(n, 0)::text, pg_temp.at(n),
                pg_temp.at(n), repeat('x', 400), 'carshare.deliveries', 'carshare.delivery.' || kind || '.v1'
                FROM past, unnest(ARRAY['preparing', 'cancelled']) WITH ORDINALITY AS e(kind, i) ORDER BY n, i;
            INSERT INTO inbox SELECT pg_temp.id(n, i), pg_temp.at(n) FROM past, unnest(ARRAY[11, 13]) AS i;
            """,
        ["notificationsdb"] =
            """
            INSERT INTO notifications (notification_id, customer_id, order_id, kind, text_ko, text_en, created_at)
            SELECT pg_temp.id(n, i), pg_temp.who(n), pg_temp.id(n, 0), 'order.placed', repeat('x', 90), repeat('x', 90),
                pg_temp.at(n) FROM past, unnest(ARRAY[11, 13, 21, 22, 31, 32]) AS i ORDER BY n, i;
            INSERT INTO inbox SELECT pg_temp.id(n, i), pg_temp.at(n)
                FROM past, unnest(ARRAY[11, 13, 21, 22, 31, 32]) AS i;
            """,
    };

    // For this session only. Ids are in order of time, as the services' own are.
    const string Functions =
        """
        SET synchronous_commit = off; SET session_replication_role = replica; SET statement_timeout = 0;
        CREATE OR REPLACE FUNCTION pg_temp.id(n bigint, kind int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
            SELECT (lpad(to_hex(1700000000000 + n), 12, '0') || '70008000' || lpad(to_hex(kind), 12, '0'))::uuid $$;
        -- Below whatever a consumer may ask for again: these events have no content.
        CREATE OR REPLACE FUNCTION pg_temp.sequence(n bigint, i bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
            SELECT n * 3 + i - 1000000000 $$;
        CREATE OR REPLACE FUNCTION pg_temp.at(n bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
            SELECT '2026-01-01 00:00:00+00'::timestamptz + n * interval '1 second' $$;
        CREATE OR REPLACE FUNCTION pg_temp.who(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
            SELECT 'past-' || n % 10000 $$;
        CREATE OR REPLACE FUNCTION pg_temp.history(VARIADIC steps text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
            SELECT jsonb_agg(jsonb_build_object('status', step, 'at', '2026-01-01T00:00:00+00:00', 'reason', NULL)
                ORDER BY i) FROM unnest(steps) WITH ORDINALITY AS s(step, i) $$;
        CREATE OR REPLACE FUNCTION pg_temp.car(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
            SELECT pg_temp.id(n % 1000, 8) $$;
        """;

    const string Pages =
        """
        for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
            local hex, customer = string.format('%012x', 1700000000000 + n), 'past-' .. n % 10000
            local order = string.sub(hex, 1, 8) .. '-' .. string.sub(hex, 9) .. '-7000-8000-000000000000'
            redis.call('HSET', 'order:' .. order, 'customer', customer)
            redis.call('ZADD', 'pages:{' .. customer .. '}', 0, order)
            redis.call('HSET', 'page:{' .. customer .. '}:' .. order, 'orderStatus', '0 ' .. n .. ' "Cancelled"',
                'version', 6, 'productId', '0 1 "00000000-0000-7000-8000-000000000009"',
                'json', '{"orderId":"' .. order .. '","customerId":"' .. customer
                .. '","orderStatus":"Cancelled","vehicles":[],"timeline":[' .. string.rep(
                '{"at":"2026-01-01T00:00:00+00:00","event":"order.placed"},', 5) .. '{}]')
        end
        return {}
        """;

    /// <summary>Makes so many orders.</summary>
    public static async Task Make(Workbench bench, int count, CancellationToken ct)
    {
        using var redis = new RedisReader(bench.System.Connection("redis"));
        await Output.WithProgress($"{count} past orders", (double)count * (Statements.Count + 1), async progress =>
        {
            await Task.WhenAll(
                Statements.Keys.Select(name => Fill(bench, name, count, made => progress.Increment(made), ct)));
            for (var n = 0; n < count; n += PagesStep)
            {
                var last = Math.Min(n + PagesStep, count) - 1;
                await redis.Run(Pages, Text(n), Text(last));
                progress.Increment(last - n + 1);
            }

            return true;
        });
    }

    static async Task Fill(Workbench bench, string name, int count, Action<int> made, CancellationToken ct)
    {
        // as the superuser, who may leave triggers out and ask for a checkpoint
        var server = new Npgsql.NpgsqlConnectionStringBuilder(bench.System.Connection("postgres")) { Database = name };
        await using var source = Npgsql.NpgsqlDataSource.Create(server.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(ct);
        // The first transaction of the session makes its helpers, the last one leaves a session like any other.
        await Run(Functions);
        for (var n = 0; n < count; n += Step)
        {
            var last = Math.Min(n + Step, count) - 1;
            var past = $"(SELECT generate_series({Text(n)}::bigint, {Text(last)}::bigint) AS n) AS past";
            await Run(Statements[name].Replace("FROM past", $"FROM {past}", StringComparison.Ordinal));
            made(last - n + 1);
        }

        await Run("DISCARD ALL");
        // What comes in minutes here came in months; by then the server has long vacuumed it and written it out.
        await Run("VACUUM (ANALYZE)");
        await Run("CHECKPOINT");

        async Task Run(string sql)
        {
            await using var command = new Npgsql.NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync(ct);
        }
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
