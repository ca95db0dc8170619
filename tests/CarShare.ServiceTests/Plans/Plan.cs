using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace CarShare.ServiceTests.Plans;

/// <summary>What a query cost, as the server counts it.</summary>
static class Plan
{
    /// <summary>Runs the query as the service would and answers how many rows it had to look at.</summary>
    public static async Task<double> RowsRead<T>(DbContext db, IQueryable<T> query)
    {
        await db.Database.OpenConnectionAsync();
        await using var command = query.CreateDbCommand();
        command.CommandText = $"EXPLAIN (ANALYZE, FORMAT JSON) {command.CommandText}";
        using var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync())!);
        return Read(plan.RootElement[0].GetProperty("Plan"));
    }

    static double Read(JsonElement node)
    {
        var inner = node.TryGetProperty("Plans", out var plans) ? plans.EnumerateArray().Sum(Read) : 0;
        if (!node.GetProperty("Node Type").GetString()!.Contains("Scan", StringComparison.Ordinal)) return inner;
        double Count(string name) => node.TryGetProperty(name, out var count) ? count.GetDouble() : 0;
        var rows = Count("Actual Rows") + Count("Rows Removed by Filter") + Count("Rows Removed by Index Recheck");
        return inner + rows * Count("Actual Loops");
    }
}
