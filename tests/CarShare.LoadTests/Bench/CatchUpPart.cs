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
    const int Step = 50_000, OrdersPerSecond = 5;

    static readonly TimeSpan Slice = TimeSpan.FromSeconds(5);

    // Sent long ago, and in no log any more. Of a kind that only the one consumer knows.
    const string Credited =
        """
        INSERT INTO outbox (attempt, id, key, occurred_at, sent_at, payload, topic, type)
        SELECT 0, gen_random_uuid(), 'past-' || n % 500, now() - interval '1 day', now() - interval '1 day',
            json_build_object('customerId', 'past-' || n % 500, 'occurredAt', now() - interval '1 day', 'amount', 1000,
                'balance', 1000 * n)::text, 'carshare.payments', 'carshare.deposit.credited.v1'
            FROM generate_series(1, $1) AS n
        """;

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
        var quiet = await Beside(bench, fleet, Task.Delay(bench.Options.Duration, ct), ct);

        for (var made = 0; made < bench.Options.Stored; made += Step)
            await Run(bench, Publisher, Credited, ct, Math.Min(Step, bench.Options.Stored - made));
        await Run(bench, Publisher, "ANALYZE outbox", ct);
        var last = await Value<long>(bench, Publisher, "SELECT max(sequence) FROM outbox", ct);
        var commands = new ResourceCommands(bench.System);
        await commands.Do("stop", Consumer, ct);
        await Run(bench, $"{Consumer}db", $"DELETE FROM consumer_positions WHERE topic = '{Topic}'", ct);
        await commands.Do("start", Consumer, ct);
        await commands.IsReady(Consumer, ct);

        var start = Stopwatch.GetTimestamp();
        var done = CaughtUp(bench, last, ct);
        var meanwhile = await Beside(bench, fleet, done, ct);
        var seconds = (await done - start) / (double)Stopwatch.Frequency;

        bench.Add(Name, $"{bench.Options.Stored} events read from the outbox", bench.Options.Stored / seconds,
            "events/s", atLeast: 8_000);
        bench.Add(Name, "others: from publisher to consumer, p50, quiet", quiet.Transit, "ms");
        bench.Add(Name, "the same meanwhile", meanwhile.Transit, "ms", atMost: 2 * quiet.Transit);
        bench.Add(Name, "relays: until sent, p50, quiet", quiet.Relay, "ms");
        bench.Add(Name, "the same meanwhile", meanwhile.Relay, "ms", atMost: 2 * quiet.Relay);
        bench.Add(Name, "the outbox is purged of them", await Purge(bench, ct), "events/s");
    }

    /// <summary>Takes some orders until <paramref name="done"/>; what their events took.</summary>
    static async Task<(double Transit, double Relay)> Beside(
        Workbench bench, Fleet fleet, Task done, CancellationToken ct)
    {
        var start = DateTimeOffset.UtcNow;
        var renters = new Renters(fleet, new Tally());
        do await Arrivals.Run(OrdersPerSecond, Slice, renters.Place, _ => { }, ct);
        while (!done.IsCompleted);
        var (_, took) = await TransitPart.OnTheirWay(
            bench, Backlog.Databases.Where(name => name != $"{Consumer}db"), start, ct);
        await using var delays = bench.Backlog.Database("ordersdb").CreateCommand(
            """
            SELECT extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY sent_at - occurred_at))::float8 * 1000
            FROM outbox WHERE occurred_at >= $1 AND sent_at IS NOT NULL
            """);
        delays.Parameters.Add(new() { Value = start });
        return (took[took.Count / 2], (double)(await delays.ExecuteScalarAsync(ct))!);
    }

    /// <returns>When every partition was read to its end.</returns>
    static async Task<long> CaughtUp(Workbench bench, long last, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (await Value<long>(bench, $"{Consumer}db",
            $"SELECT count(*) FROM consumer_positions WHERE topic = '{Topic}' AND last_sequence >= {last}", ct)
            < Contracts.Topics.Partitions)
            await timer.WaitForNextTickAsync(ct);
        return Stopwatch.GetTimestamp();
    }

    /// <summary>By the service's own statement, with another age.</summary>
    static async Task<double> Purge(Workbench bench, CancellationToken ct)
    {
        var sql = Retention<DbContext>.Outbox.Replace("90 days", "1 hour", StringComparison.Ordinal);
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
