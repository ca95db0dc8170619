namespace CarShare.Persistence;

/// <summary>
/// Statements that run for every order or every few milliseconds, past the object mapper: its query pipeline costs more
/// than they do.
/// </summary>
public static class Statement
{
    /// <summary>
    /// Runs <paramref name="sql"/>, whose holes become parameters, on the connection of this context and in its
    /// transaction; without one in a transaction of its own, also where semicolons separate several statements. One
    /// round trip.
    /// </summary>
    /// <returns>What <paramref name="row"/> made of the rows of the first statement that answers any.</returns>
    public static async Task<List<T>> Read<T>(
        this DbContext db, FormattableString sql, Func<NpgsqlDataReader, T> row, CancellationToken ct)
    {
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            return await ((NpgsqlConnection)db.Database.GetDbConnection()).Read(sql, row, ct);
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    /// <summary>The same on a connection of one's own.</summary>
    public static async Task<List<T>> Read<T>(
        this NpgsqlConnection connection, FormattableString sql, Func<NpgsqlDataReader, T> row, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            string.Format(CultureInfo.InvariantCulture, sql.Format, [.. sql.GetArguments().Select((_, i) => $"@p{i}")]),
            connection);
        foreach (var (i, value) in sql.GetArguments().Index())
            command.Parameters.Add(new($"p{i}", value ?? DBNull.Value));
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct)) rows.Add(row(reader));
        return rows;
    }
}
