using CarShare.LoadTests.Checking;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Healing;

/// <summary>
/// Takes each of the servers away for a while, under load: what can't be done is refused at once and by name, and what
/// was accepted is there in the end.
/// </summary>
sealed class OutageCommand : ICommand
{
    const int Products = 20, Customers = 500;

    static readonly TimeSpan Before = TimeSpan.FromSeconds(10), After = TimeSpan.FromSeconds(20),
        Rest = TimeSpan.FromMinutes(4), LongestRefusal = TimeSpan.FromSeconds(1);

    // Lists of pages instead of the page of an order, which stands still while the broker is away.
    const string Requests = "place=25,cancel=20,pages=30,stocks=25";

    static readonly (string Server, TimeSpan Away)[] Outages =
        [("postgres", TimeSpan.FromSeconds(30)), ("kafka", TimeSpan.FromSeconds(60)), (
            "redis", TimeSpan.FromSeconds(30))];

    public string Name => "outage";

    public string Usage => "[--rate 50] [--seed 1] [--json FILE]";

    public async Task<int> Run(Options options, CancellationToken ct)
    {
        var rate = options.Number("rate", 50.0, 0.1, 10_000);
        var random = new Random(options.Number("seed", 1));
        var json = options.Text("json");
        options.NoOthers();

        await using var system = await OwnSystem.Start(OwnSystem.ByOperators, ct);
        return ExitCode.Of(await system.Judge(() => Run(system, rate, random, json, ct)));
    }

    static async Task<bool> Run(RunningSystem system, double rate, Random random, string? json, CancellationToken ct)
    {
        using var people = new People(system);
        await using var backlog = new Backlog(system);
        var fleet = await Fleet.Prepare(people, Products, (int)(rate * 300), Customers, ct);
        await Arrivals.Run(20, TimeSpan.FromSeconds(10), new Renters(fleet, new Tally()).Place, _ => { }, ct);

        var commands = new ResourceCommands(system);
        var mix = Mix.Parse(Requests);
        var results = new List<OutageResult>();
        foreach (var (server, away) in Outages)
        {
            Output.Say($"{server} away for {away.TotalSeconds:0} s");
            var tally = new Tally();
            var renters = new Renters(fleet, tally);
            var running = Arrivals.Run(
                rate, Before + away + After, since => renters.Do(mix.Draw(random), since), _ => { }, ct);
            await Task.Delay(Before, ct);
            await commands.Do("stop", server, ct);
            await Task.Delay(away, ct);
            await commands.Start(server, ct);
            var seconds = TimeSpan.FromSeconds((await running).Seconds);
            var rows = tally.Rows(seconds);
            var slowest = rows.Where(row => row.Outcome == Outcome.Shed)
                .Select(row => row.Latency.Max).DefaultIfEmpty().Max();
            results.Add(new(server, away.TotalSeconds, tally.Count(Outcome.Good), tally.Count(Outcome.Deferred),
                tally.Count(Outcome.Shed), slowest, tally.Count(Outcome.Failed), rows));
            TallyTable.Show(rows);
        }

        var check = await CheckCommand.Run(system, Rest, ct);
        foreach (var r in results)
            Console.WriteLine(
                $"{r.Server} away {r.Seconds} s: {r.Good} good answers, {r.PutOff} put off, {r.Shed} refused with 503 "
                + $"+ Retry-After, the slowest in {r.SlowestRefusal} ms, {r.Failed} failed");
        await Output.Write(json, new { Outages = results, Check = check }, ct);
        return check.IsGood
            && results.TrueForAll(r => r.Failed == 0 && r.SlowestRefusal < LongestRefusal.TotalMilliseconds);
    }
}

/// <param name="Server">That was away.</param>
/// <param name="Seconds">How long.</param>
/// <param name="Good">Answers hoped for, also before and after.</param>
/// <param name="PutOff">Orders taken, to be paid later (202).</param>
/// <param name="Shed">Answered 503 with Retry-After.</param>
/// <param name="SlowestRefusal">Milliseconds.</param>
/// <param name="Failed">Anything else.</param>
/// <param name="Answers">By operation and answer.</param>
sealed record OutageResult(
    string Server, double Seconds, long Good, long PutOff, long Shed, double SlowestRefusal, long Failed,
    IReadOnlyList<TallyRow> Answers);
