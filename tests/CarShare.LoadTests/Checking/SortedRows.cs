namespace CarShare.LoadTests.Checking;

/// <summary>
/// Rows in the order of their order's id, taken id by id: several of these are merged without holding any of them in
/// memory.
/// </summary>
sealed class SortedRows<T>(IAsyncEnumerable<(Guid OrderId, T Row)> rows) : ISortedRows
{
    readonly IAsyncEnumerator<(Guid OrderId, T Row)> _rows = rows.GetAsyncEnumerator();
    readonly List<T> _taken = [];

    public Guid? Next { get; private set; }

    /// <summary>The rows of the id taken last.</summary>
    public IReadOnlyList<T> Taken => [.. _taken];

    public T? Single => _taken.Count > 0 ? _taken[0] : default;

    public async ValueTask Begin() => await Step();

    public async ValueTask Take(Guid id)
    {
        _taken.Clear();
        while (Next == id)
        {
            _taken.Add(_rows.Current.Row);
            await Step();
        }
    }

    public ValueTask DisposeAsync() => _rows.DisposeAsync();

    async ValueTask Step() => Next = await _rows.MoveNextAsync() ? _rows.Current.OrderId : null;
}

interface ISortedRows : IAsyncDisposable
{
    Guid? Next { get; }

    ValueTask Begin();

    ValueTask Take(Guid id);
}
