using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Load;

/// <summary>
/// What <c>siege -c200 -t50S</c> does, on <c>POST /orders</c>: so many clients, no time to think. Unlike siege it gives
/// each request a key of its own, so that each is an order and not the repeat of one.
/// </summary>
static class Siege
{
    const int Products = 20, Cars = 40_000;

    public static async Task<int> Run(
        People people, RunningSystem system, int clients, TimeSpan duration, int customers, string? json,
        CancellationToken ct)
    {
        Output.Say($"preparing {customers} customers and {Cars} cars");
        var fleet = await Fleet.Prepare(people, Products, Cars, customers, ct);
        await LoadCommand.Warm(system, fleet, ct);
        await fleet.HasFree(Cars, ct);

        var tally = new Tally();
        var renters = new Renters(fleet, tally);
        Output.Say($"{clients} clients for {duration.TotalSeconds:0} s");
        var took = await ClosedLoop.Run(clients, duration, renters.Place, ct);
        var (good, putOff, shed, failed) = (
            tally.Count(Outcome.Good), tally.Count(Outcome.Deferred), tally.Count(Outcome.Shed),
            tally.Count(Outcome.Failed));
        var rows = tally.Rows(took);
        var result = new SiegeResult(
            good + putOff + shed + failed, Percent(good + putOff, good + putOff + failed),
            Percent(good + putOff, good + putOff + shed + failed), good, putOff, shed, failed,
            Math.Round(took.TotalSeconds, 1),
            rows.FirstOrDefault(r => r.Outcome == Outcome.Good)?.Latency,
            Math.Round(good / took.TotalSeconds, 1), rows);
        TallyTable.Show(rows);
        Console.WriteLine(
            $"""
            Transactions:                 {result.Accepted} orders accepted, {result.PutOff} to be paid later (202)
            Requests:                     {result.Requests}, {result.Shed} of them shed (503 with Retry-After, or 429)
            Availability:                 {result.Availability} % of the requests that were not shed
            Availability, all requests:   {result.AvailabilityCountingShed} %
            Elapsed time:                 {result.Seconds} s
            Response time (accepted):     {result.Response?.Mean} ms on average, p99 {result.Response?.P99} ms
            Longest response (accepted):  {result.Response?.Max} ms
            Transaction rate:             {result.AcceptedPerSecond} accepted orders/s
            Failed transactions:          {result.Failed}
            The source systems' own runs: 63.55 %, 65.91 % and 98 % available
            """);
        await Output.Write(json, result, ct);
        return ExitCode.Of(failed == 0 && good > 0);
    }

    static double Percent(long part, long whole) => whole == 0 ? 0 : Math.Round(100.0 * part / whole, 2);
}

sealed record SiegeResult(
    long Requests, double Availability, double AvailabilityCountingShed, long Accepted, long PutOff, long Shed,
    long Failed, double Seconds, LatencySummary? Response, double AcceptedPerSecond,
    IReadOnlyList<TallyRow> Answers);
