using CarShare.LoadTests.Running;
using Spectre.Console;

namespace CarShare.LoadTests.Load;

/// <summary>
/// A load at a fixed rate of arrivals; over minutes a soak, and in the manner of siege a rush of two hundred clients.
/// </summary>
sealed class LoadCommand : ICommand
{
    const int Products = 20, Watched = 8;

    public string Name => "load";

    public string Usage =>
        $"[--rate 100] [--seconds 30 | --minutes M] [--mix {Mix.Default}] [--customers 500] [--seed 1] [--json FILE] | "
        + $"--siege 200 [--seconds 50]";

    public async Task<int> Run(Options options, CancellationToken ct)
    {
        var siege = options.Number("siege", 0, 0, 2_000);
        var rate = options.Number("rate", 100.0, 0.1, 10_000);
        var minutes = options.Number("minutes", 0, 0, 1_440);
        var duration = minutes > 0 ? TimeSpan.FromMinutes(minutes) : options.Seconds("seconds", siege > 0 ? 50 : 30);
        var mix = Mix.Parse(options.Text("mix") ?? Mix.Default);
        var customers = options.Number("customers", 500);
        var seed = options.Number("seed", 1);
        var json = options.Text("json");
        options.NoOthers();

        await using var system = await RunningSystem.FindOrStart(OwnSystem.ByOperators, ct);
        using var people = new People(system);
        if (siege > 0) return await Siege.Run(people, system, siege, duration, customers, json, ct);

        await using var backlog = new Backlog(system);
        var cars = (int)(mix.Taken * rate * duration.TotalSeconds * 1.05 + rate * 10) + 1_000;
        Output.Say($"preparing {customers} customers and {cars} cars");
        var fleet = await Fleet.Prepare(people, Products, cars, customers, ct);
        await backlog.Drained(TimeSpan.FromMinutes(2), ct);

        var tally = new Tally();
        await using var watch = PageWatch.Start(fleet, Math.Max(Watched, customers / 50));
        var renters = new Renters(fleet, tally, watch);
        await Warm(system, fleet, ct);
        await fleet.HasFree(cars, ct);
        await backlog.Drained(TimeSpan.FromMinutes(2), ct);
        var random = new Random(seed);
        var soak = minutes > 0 ? new Soak(system, backlog, renters) : null;
        var run = Output.WithProgress(
            $"{rate:0.#} requests/s for {duration.TotalSeconds:0} s", duration.TotalSeconds, task =>
                Arrivals.Run(
                    rate, duration, since => renters.Do(mix.Draw(random), since), gone => task.Value = gone, ct));
        if (soak is not null) await soak.Watch(run, ct);
        var arrivals = await run;
        var drained = await backlog.Drained(TimeSpan.FromMinutes(5), ct);
        var missing = await watch.Rest(ct);

        var seconds = TimeSpan.FromSeconds(arrivals.Seconds);
        var result = new LoadResult(
            rate, arrivals, tally.Rows(seconds), renters.Placed,
            Math.Round(renters.Placed / (seconds + drained).TotalSeconds, 1), Math.Round(drained.TotalSeconds, 2),
            watch.ToPage.Summary(), watch.ToPreparing.Summary(), missing, soak?.Judge());
        Show(result);
        await Output.Write(json, result, ct);
        return ExitCode.Of(tally.Count(Outcome.Failed) == 0 && missing == 0 && arrivals.HeldBack == 0
            && result.Soak is not { IsSteady: false });
    }

    /// <summary>
    /// A new system is warmed up, in another the first requests open connections; they are not part of what is
    /// measured.
    /// </summary>
    public static Task Warm(RunningSystem system, Fleet fleet, CancellationToken ct) => system is OwnSystem
        ? WarmUp.Run(new(system), fleet, ct)
        : Arrivals.Run(20, TimeSpan.FromSeconds(5), _ =>
            new Renters(fleet, new Tally()).Place(System.Diagnostics.Stopwatch.GetTimestamp()), _ => { }, ct);

    static void Show(LoadResult result)
    {
        TallyTable.Show(result.Answers);
        Console.WriteLine(
            $"{result.Arrivals.Requests} requests in {result.Arrivals.Seconds} s; "
            + $"at most {result.Arrivals.MostUnderWay} under way, {result.Arrivals.HeldBack} held back by the cap, the "
            + $"generator late by {result.Arrivals.LatestStart} ms at worst");
        Console.WriteLine(
            $"{result.Accepted} orders accepted; everything that follows from them done {result.DrainSeconds} s after "
            + $"the last request: {result.FinishedPerSecond} finished orders/s");
        Console.WriteLine(
            $"order → page: {Describe(result.OrderToPage)}; order → preparing: {Describe(result.OrderToPreparing)}; "
            + $"{result.MissingPages} pages missing");
        if (result.Soak is { } soak) Soak.Show(soak);
    }

    static string Describe(LatencySummary s) =>
        $"p50 {s.P50} ms, p95 {s.P95}, p99 {s.P99}, max {s.Max} ({s.Count} samples)";
}

/// <param name="Rate">Asked for, per second.</param>
/// <param name="Arrivals">How the requests went out.</param>
/// <param name="Answers">By operation and answer.</param>
/// <param name="Accepted">Orders answered 201.</param>
/// <param name="FinishedPerSecond">Accepted orders by the time from the first request until no event was on its way any
/// more.</param>
/// <param name="DrainSeconds">From the last answer until then.</param>
/// <param name="OrderToPage">Of the sampled customers.</param>
/// <param name="OrderToPreparing">Of the sampled customers.</param>
/// <param name="MissingPages">Sampled orders whose page never came.</param>
/// <param name="Soak">How the processes and tables grew, in a run of minutes.</param>
sealed record LoadResult(
    double Rate, ArrivalsResult Arrivals, IReadOnlyList<TallyRow> Answers, long Accepted, double FinishedPerSecond,
    double DrainSeconds, LatencySummary OrderToPage,
    LatencySummary OrderToPreparing, int MissingPages, SoakResult? Soak);
