using System.Diagnostics;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Load;

/// <summary>
/// Lets the runtimes of new services optimise what runs often, which in the first minutes costs as much as the work
/// itself: until it takes less than a fiftieth of the machine, twice in a row.
/// </summary>
static class WarmUp
{
    const int Clients = 32, MostRounds = 20, MostPerSecond = 1_000;
    const double Quiet = 0.02;
    static readonly TimeSpan Round = TimeSpan.FromSeconds(15);

    public static async Task Run(Meters meters, Fleet fleet, CancellationToken ct)
    {
        var renters = new Renters(fleet, new Tally());
        for (var (quiet, round) = (0, 0); quiet < 2 && round < MostRounds; round++)
        {
            await fleet.HasFree(MostPerSecond * (int)Round.TotalSeconds, ct);
            var (before, start) = (meters.Optimising(), Stopwatch.GetTimestamp());
            await ClosedLoop.Run(Clients, Round, renters.Place, ct);
            var spent = meters.Optimising().Sum(thread => thread.Value - before.GetValueOrDefault(thread.Key));
            var share = spent / Stopwatch.GetElapsedTime(start).TotalMilliseconds / Environment.ProcessorCount;
            Output.Say($"warming up: {share:0%} of the machine goes into optimising code");
            quiet = share < Quiet ? quiet + 1 : 0;
        }
    }
}
