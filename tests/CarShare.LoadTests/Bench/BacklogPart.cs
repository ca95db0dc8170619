using System.Diagnostics;
using CarShare.LoadTests.Load;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// How fast a relay sends and a consumer handles what has piled up: made-up events written straight into an outbox, of
/// a kind that only the one consumer knows. The others read and pass over them at the same time, as they would.
/// </summary>
sealed class BacklogPart : IPart
{
    const int Events = 20_000;

    const string Credited =
        """
        WITH made AS (SELECT n, gen_random_uuid() AS id, 'backlog-' || n % 500 AS customer
            FROM generate_series(1, $1) AS n)
        INSERT INTO outbox (attempt, id, key, occurred_at, payload, topic, type)
        SELECT 0, id, customer, now(),
            json_build_object('customerId', customer, 'occurredAt', now(), 'amount', 1000, 'balance', 1000 * n)::text,
            'carshare.payments', 'carshare.deposit.credited.v1' FROM made
        """;

    const string Progressed =
        """
        WITH made AS (SELECT gen_random_uuid() AS id, gen_random_uuid() AS order_id, 'backlog-' || n % 500 AS customer
            FROM generate_series(1, $1) AS n)
        INSERT INTO outbox (attempt, id, key, occurred_at, payload, topic, type)
        SELECT 0, id, order_id::text, now(),
            json_build_object('orderId', order_id, 'customerId', customer, 'occurredAt', now(), 'status',
            'Preparing')::text, 'carshare.orders', 'carshare.order.progressed.v1' FROM made
        """;

    public string Name => "backlog";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        if (!bench.IsOwn)
        {
            Running.Output.Say("backlog needs a system of its own: it makes up events");
            return;
        }

        await Drain(bench, "paymentsdb", Credited, "notifications", ct);
        await Drain(bench, "ordersdb", Progressed, "customerpages", ct);
    }

    async Task Drain(Workbench bench, string source, string events, string consumer, CancellationToken ct)
    {
        var (sent, handled, all) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            await bench.Backlog.Drained(TimeSpan.FromMinutes(5), ct);
            var database = bench.Backlog.Database(source);
            await using var make = database.CreateCommand(events);
            make.Parameters.Add(new() { Value = Events });
            await make.ExecuteNonQueryAsync(ct);
            var start = Stopwatch.GetTimestamp();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            while ((await bench.Backlog.Unsent(ct)).Values.Any(n => n > 0)) await timer.WaitForNextTickAsync(ct);
            await using var span = database.CreateCommand(
                """
                SELECT extract(epoch FROM max(sent_at) - min(sent_at))::float8
                    FROM (SELECT sent_at FROM outbox ORDER BY sequence DESC LIMIT $1) AS last
                """);
            span.Parameters.Add(new() { Value = Events });
            sent.Add(Events / (double)(await span.ExecuteScalarAsync(ct))!);
            while ((await bench.Backlog.Unhandled(ct))[consumer] > 0) await timer.WaitForNextTickAsync(ct);
            handled.Add(Events / Stopwatch.GetElapsedTime(start).TotalSeconds);
            await bench.Backlog.Drained(TimeSpan.FromMinutes(5), ct);
            all.Add(Events / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        bench.Add(Name, $"the relay of {source[..^2]} sends and marks", Workbench.Median(sent), "events/s");
        bench.Add(Name, $"{consumer} handles (relay included)", Workbench.Median(handled), "events/s");
        bench.Add(Name, $"until every consumer of {source[..^2]} is past them", Workbench.Median(all), "events/s");
    }
}
