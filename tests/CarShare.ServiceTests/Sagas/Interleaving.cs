namespace CarShare.ServiceTests.Sagas;

/// <summary>
/// Two sides meet two hundred times: some strictly in the one order, some strictly in the other, the rest at once with
/// the call held back by more and more of the time that news takes through the broker, so that one overtakes the other
/// in every way.
/// </summary>
static class Interleaving
{
    public const int Runs = 200;
    const int AtOnce = 20;
    static readonly TimeSpan Step = TimeSpan.FromMilliseconds(4);

    /// <param name="handled">Waits until the events are handled.</param>
    /// <param name="prepare">Brings a run to where the two sides meet.</param>
    /// <param name="call">One side.</param>
    /// <param name="news">The other: publishes and answers the event's id.</param>
    public static async Task Run(
        Func<IReadOnlyCollection<Guid>, Task> handled, Func<int, Task>? prepare, Func<int, Task> call,
        Func<int, Task<Guid>> news)
    {
        var told = new List<Guid>();
        for (var round = 0; round < Runs / AtOnce; round++)
        {
            var runs = Enumerable.Range(round * AtOnce, AtOnce).ToList();
            if (prepare is not null) await Task.WhenAll(runs.Select(prepare));
            switch (round)
            {
                case 0:
                    await Task.WhenAll(runs.Select(call));
                    told.AddRange(await Task.WhenAll(runs.Select(news)));
                    break;
                case 1:
                    told.AddRange(await Task.WhenAll(runs.Select(news)));
                    await handled(told);
                    await Task.WhenAll(runs.Select(call));
                    break;
                default:
                    var calls = runs.Select(run =>
                        HeldBack(run, (run % AtOnce * Step) + TimeSpan.FromMilliseconds(round % 4), call)).ToList();
                    told.AddRange(await Task.WhenAll(runs.Select(news)));
                    await Task.WhenAll(calls);
                    break;
            }
        }

        await handled(told);
    }

    static async Task HeldBack(int run, TimeSpan by, Func<int, Task> call)
    {
        if (by > TimeSpan.Zero)
        {
            using var timer = new PeriodicTimer(by);
            await timer.WaitForNextTickAsync();
        }

        await call(run);
    }
}
