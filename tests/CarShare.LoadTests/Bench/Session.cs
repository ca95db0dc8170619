using Npgsql;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// One connection that runs statements the way the services do: one round trip each, changes of one save in one batch.
/// </summary>
sealed class Session(NpgsqlConnection connection) : IAsyncDisposable
{
    public static async Task<Session> Open(NpgsqlDataSource database, CancellationToken ct) =>
        new(await database.OpenConnectionAsync(ct));

    public async Task Transaction(Func<Task> work, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await work();
        await transaction.CommitAsync(ct);
    }

    public async Task<int> Run(string sql, CancellationToken ct, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The values of the first column.</summary>
    public async Task<List<T>> Read<T>(string sql, CancellationToken ct, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await using var rows = await command.ExecuteReaderAsync(ct);
        var read = new List<T>();
        while (await rows.ReadAsync(ct)) read.Add(await rows.GetFieldValueAsync<T>(0, ct));
        return read;
    }

    /// <summary>
    /// Several statements in one round trip and transaction; the values of the first column of the last one.
    /// </summary>
    public async Task<List<T>> ReadLast<T>(CancellationToken ct, params (string Sql, object[] Values)[] statements)
    {
        await using var batch = Batch(statements);
        await using var rows = await batch.ExecuteReaderAsync(ct);
        List<object> read;
        do
        {
            read = [];
            while (await rows.ReadAsync(ct)) read.Add(rows.GetValue(0));
        }
        while (await rows.NextResultAsync(ct));
        return read.ConvertAll(value => (T)value);
    }

    public async Task Save(IEnumerable<(string Sql, object[] Values)> changes, CancellationToken ct)
    {
        await using var batch = Batch(changes);
        await batch.ExecuteNonQueryAsync(ct);
    }

    NpgsqlBatch Batch(IEnumerable<(string Sql, object[] Values)> statements)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var (sql, values) in statements)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var value in values) command.Parameters.Add(new() { Value = value });
            batch.BatchCommands.Add(command);
        }

        return batch;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
