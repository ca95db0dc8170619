using System.Diagnostics;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;
using CarShare.Messaging;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// A consumer that has forgotten its place reads a long past from its publisher's outbox, while some orders are taken:
/// how fast it is, and what the others notice of it; then how fast such a past is purged.
/// </summary>
sealed class CatchUpPart : IPart
{
    const string Publisher = "paymentsdb", Consumer = "notifications", Topic = "carshare.payments";
    const int Step = 50_000, OrdersPerSecond = 2;

    static readonly TimeSpan Slice = TimeSpan.FromSeconds(5), Quiet = TimeSpan.FromSeconds(30),
        Patience = TimeSpan.FromMinutes(15);

    // Sent long ago, and in no log any more. Of a kind that only the one consumer knows.
    const string Credited =
        """
        INSERT INTO outbox (attempt, id, key, occurred_at, sent_at, payload, topic, type)
        SELECT 0, gen_random_uuid(), 'past-' || n % 500, now() - interval '1 day', now() - interval '1 day',
            json_build_object('customerId', 'past-' || n % 500, 'occurredAt', now() - interval '1 day', 'amount', 1000,
                'balance', 1000 * n)::text, 'carshare.payments', 'carshare.deposit.credited.v1'
            FROM generate_series(1, $1) AS n
        """;

    const string Handled = "SELECT count(*) FROM inbox";

    public string Name => "catchup";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        if (!bench.IsOwn)
        {
            Output.Say("catchup needs a system of its own: it makes up events and stops a service");
            return;
        }

        await SystemPart.Warm(bench, ct);
        var fleet = await bench.Fleet(OrdersPerSecond * 600, ct);
        var quiet = await Beside(bench, fleet, Task.Delay(Quiet, ct), ct);

        for (var made = 0; made < bench.Options.Stored; made += Step)
            await Run(bench, Publisher, Credited, ct, Math.Min(Step, bench.Options.Stored - made));
        await Run(bench, Publisher, "ANALYZE outbox", ct);
        var commands = new ResourceCommands(bench.System);
        await commands.Do("stop", Consumer, ct);
        var handled = await Value<long>(bench, $"{Consumer}db", Handled, ct);
        await Run(bench, $"{Consumer}db", $"DELETE FROM consumer_positions WHERE topic = '{Topic}'", ct);
        await commands.Do("start", Consumer, ct);
        await commands.IsReady(Consumer, ct);

        var start = Stopwatch.GetTimestamp();
        var done = CaughtUp(bench, handled + bench.Options.Stored, ct);
        var meanwhile = await Beside(bench, fleet, done, ct);
        var seconds = Stopwatch.GetElapsedTime(start, await done).TotalSeconds;

        bench.Add(Name, $"{bench.Options.Stored} events read from the outbox", bench.Options.Stored / seconds,
            "events/s", atLeast: 8_000);
        bench.Add(Name, "other consumers: until handled, p50, quiet", quiet.Handled, "ms");
        bench.Add(Name, "the same meanwhile", meanwhile.Handled, "ms", atMost: 2 * quiet.Handled);
        bench.Add(Name, "relays: until sent, p50, quiet", quiet.Sent, "ms");
        bench.Add(Name, "the same meanwhile", meanwhile.Sent, "ms", atMost: 2 * quiet.Sent);
        bench.Add(Name, "the outbox is purged of them", await Purge(bench, ct), "events/s");
    }

    /// <summary>
    /// Takes some orders until <paramref name="done"/>; what became of the events of orders, by its own clock.
    /// </summary>
    static async Task<(double Handled, double Sent)> Beside(
        Workbench bench, Fleet fleet, Task done, CancellationToken ct)
    {
        var start = DateTimeOffset.UtcNow;
        var renters = new Renters(fleet, new Tally());
        do await Arrivals.Run(OrdersPerSecond, Slice, renters.Place, _ => { }, ct);
        while (!done.IsCompleted);
        var handled = await TransitPart.OnTheirWay(
            bench, Backlog.Databases.Where(name => name != $"{Consumer}db"), start, ct);
        await using var sent = bench.Backlog.Database("ordersdb").CreateCommand(
            """
            SELECT extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY sent_at - occurred_at))::float8 * 1000
            FROM outbox WHERE occurred_at >= $1 AND sent_at IS NOT NULL
            """);
        sent.Parameters.Add(new() { Value = start });
        return (handled.Took[handled.Took.Count / 2], (double)(await sent.ExecuteScalarAsync(ct))!);
    }

    /// <returns>When so many events had been handled.</returns>
    static async Task<long> CaughtUp(Workbench bench, long events, CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await Value<long>(bench, $"{Consumer}db", Handled, ct) < events)
        {
            if (Stopwatch.GetElapsedTime(begun) > Patience)
                throw new CannotRunException($"{Consumer} has not caught up after {Patience.TotalMinutes} minutes.");
            await timer.WaitForNextTickAsync(ct);
        }

        return Stopwatch.GetTimestamp();
    }

    /// <summary>By the service's own statement, with another age: all that was sent.</summary>
    static async Task<double> Purge(Workbench bench, CancellationToken ct)
    {
        var sql = Retention<DbContext>.Outbox.Replace("90 days", "0 seconds", StringComparison.Ordinal);
        var (rows, start) = (0, Stopwatch.GetTimestamp());
        for (var some = -1; some != 0; rows += some) some = await Run(bench, Publisher, sql, ct);
        return rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    static async Task<T> Value<T>(Workbench bench, string database, string sql, CancellationToken ct)
    {
        await using var command = bench.Backlog.Database(database).CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(ct))!;
    }

    static async Task<int> Run(
        Workbench bench, string database, string sql, CancellationToken ct, params object[] parameters)
    {
        await using var command = bench.Backlog.Database(database).CreateCommand(sql);
        command.CommandTimeout = 600;
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return await command.ExecuteNonQueryAsync(ct);
    }
}
