using System.Globalization;
using System.Text;
using CarShare.Tests;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CarShare.ServiceTests;

/// <summary>Reads everything ever published once more and compares the store byte for byte.</summary>
public static class Replay
{
    // Longer than the longest rest between two looks of a service at what it has to tell.
    static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(1_500);

    // The store's own rows, and of the outbox what does not change by sending it.
    const string Business =
        """
        SELECT tablename FROM pg_tables WHERE schemaname = 'public'
            AND tablename NOT IN ('inbox', 'outbox', 'consumer_positions', '__EFMigrationsHistory') ORDER BY 1
        """;
    const string Outbox =
        "SELECT (sequence, id, type, topic, key, payload, occurred_at)::text FROM outbox ORDER BY sequence";
    const string Positions =
        """
        SELECT topic || partition || ' ' || last_sequence FROM consumer_positions WHERE last_sequence > 0
            ORDER BY topic, partition
        """;

    /// <summary>
    /// Twice: once only the positions are forgotten, once the inbox too, so that nothing but the natural guards stands
    /// against a second effect.
    /// </summary>
    public static async Task ChangesNothing<TDb>(ServiceFixture<TDb> service)
        where TDb : DbContext
    {
        await using var connection = await service.Connect();
        var before = await Settled(connection);
        var positions = await Read(connection, Positions);
        Assert.NotEmpty(positions);
        foreach (var forget in (string[])[
            "DELETE FROM consumer_positions", "DELETE FROM consumer_positions; DELETE FROM inbox",
        ])
        {
            await service.StopReplicas();
            await using (var command = new NpgsqlCommand(forget, connection)) await command.ExecuteNonQueryAsync();
            await service.StartReplica();
            await Eventually.Holds("the whole past is read again", async () =>
                IsPast(await Read(connection, Positions), positions), TimeSpan.FromMinutes(1));
            var after = await Settled(connection);
            foreach (var (table, rows) in before) Assert.Equal((table, rows), (table, after[table]));
        }
    }

    /// <summary>All rows as text, table by table, once the service's own background work has come to rest.</summary>
    static async Task<Dictionary<string, string>> Settled(NpgsqlConnection connection)
    {
        var (last, since) = (await Dump(connection), DateTime.UtcNow);
        await Eventually.Holds("nothing changes any more", async () =>
        {
            var now = await Dump(connection);
            if (!now.OrderBy(t => t.Key).SequenceEqual(last.OrderBy(t => t.Key)))
                (last, since) = (now, DateTime.UtcNow);
            return DateTime.UtcNow - since > Calm;
        });
        return last;
    }

    static bool IsPast(string now, string before)
    {
        var reached = Reached(now);
        return Reached(before).All(p => reached.TryGetValue(p.Key, out var sequence) && sequence >= p.Value);

        static Dictionary<string, long> Reached(string rows) =>
            rows.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => row.Split(' '))
                .ToDictionary(row => row[0], row => long.Parse(row[1], CultureInfo.InvariantCulture));
    }

    static async Task<Dictionary<string, string>> Dump(NpgsqlConnection connection)
    {
        var dump = new Dictionary<string, string> { ["outbox"] = await Read(connection, Outbox) };
        foreach (var table in (await Read(connection, Business)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            dump[table] = await Read(connection, $"SELECT t::text FROM \"{table}\" AS t ORDER BY 1");
        return dump;
    }

    static async Task<string> Read(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new StringBuilder();
        while (await reader.ReadAsync()) rows.Append(reader.GetString(0)).Append('\n');
        return rows.ToString();
    }
}
