using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>
/// The system and the <see cref="Limit"/> in turns, because the machine is not the same from one minute to the next;
/// each round gives a ratio of its own, and the median counts.
/// </summary>
sealed class RatioPart : IPart
{
    const double Wanted = 0.35;

    public string Name => "ratio";

    public async Task Measure(Workbench bench, CancellationToken ct)
    {
        await SystemPart.Warm(bench, ct);
        var clients = bench.Options.Clients[0];
        await using var limit = await Limit.Prepare(bench, ct);
        await bench.Recovered(ct);
        var rounds = new List<(double Accepted, double Finished, double Placed, double Whole)>();
        for (var i = 0; i < bench.Options.Rounds; i++)
        {
            var round = await bench.Orders(clients, bench.Options.Duration, ct);
            var (placed, whole) =
                (await limit.Rate(clients, following: false, ct), await limit.Rate(clients, following: true, ct));
            await bench.Recovered(ct);
            rounds.Add((round.PerSecond, round.FinishedPerSecond, placed, whole));
            Output.Say(
                $"round {i + 1}: accepted {round.PerSecond:0}, finished {round.FinishedPerSecond:0}, limit up to "
                + $"Placed {placed:0}, through Preparing {whole:0} a second");
        }

        Add("accepted", r => r.Accepted);
        Add("finished", r => r.Finished);
        Add("limit up to Placed", r => r.Placed);
        Add("limit of all a rental commits, through Preparing", r => r.Whole);
        bench.Add(Name, "accepted, of the limit of all a rental commits", Median(r =>
            r.Accepted / r.Whole), "", atLeast: Wanted);
        bench.Add(Name, "finished, of the limit of all a rental commits", Median(r =>
            r.Finished / r.Whole), "", atLeast: Wanted);
        bench.Add(Name, "accepted, of the limit up to Placed", Median(r => r.Accepted / r.Placed), "", atLeast: Wanted);

        void Add(string what, Func<(double Accepted, double Finished, double Placed, double Whole), double> value) =>
            bench.Add(Name, what, Median(value), $"orders/s at {clients} clients");

        double Median(Func<(double Accepted, double Finished, double Placed, double Whole), double> value) =>
            Workbench.Median(rounds.Select(value));
    }
}
