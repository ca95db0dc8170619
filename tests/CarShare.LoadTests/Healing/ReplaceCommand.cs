using System.Diagnostics;
using CarShare.LoadTests.Checking;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Healing;

/// <summary>
/// Replaces every instance of every service, one after the other, two of each behind one address, while customers go on
/// asking. Told to stop, an instance must not cost a single request; killed, it may cost a repeat with the same key.
/// </summary>
sealed class ReplaceCommand : ICommand
{
    const int Products = 20, Customers = 500, Instances = 2;
    const long FewestRequests = 10_000;

    static readonly TimeSpan Warmed = TimeSpan.FromMinutes(1), Round = TimeSpan.FromSeconds(5),
        Settling = TimeSpan.FromSeconds(3), Rest = TimeSpan.FromMinutes(2);

    // The page of an order follows when its readers have shared the topics out anew.
    static readonly TimeSpan OnItsPage = TimeSpan.FromSeconds(30);

    static readonly string[] Replaced = ["gateway", .. RunningSystem.Services];

    // As in production, where balancers need a moment to turn away.
    static readonly string[] Arguments = [.. Replaced.SelectMany(
        name => (string[])[$"--Replicas:{name}={Instances}", $"--Settings:{name}:Draining__Delay=00:00:03"])];

    public string Name => "replace";

    public string Usage => "[--by stop | kill] [--rate 80] [--seed 1] [--json FILE]";

    public async Task<int> Run(Options options, CancellationToken ct)
    {
        var by = options.Text("by") ?? "stop";
        if (by is not ("stop" or "kill")) throw new CannotRunException($"--by {by}: stop or kill.");
        var rate = options.Number("rate", 80.0, 0.1, 10_000);
        var random = new Random(options.Number("seed", 1));
        var json = options.Text("json");
        options.NoOthers();

        await using var system = await OwnSystem.Start(Arguments, ct);
        return ExitCode.Of(await system.Judge(() => Run(system, by, rate, random, json, ct)));
    }

    static async Task<bool> Run(
        RunningSystem system, string by, double rate, Random random, string? json, CancellationToken ct)
    {
        using var people = new People(system);
        await using var backlog = new Backlog(system);
        var fleet = await Fleet.Prepare(people, Products, (int)(rate * 600), Customers, ct);
        // Afterwards each process is replaced warm by a cold one; not all of them are cold at once.
        await Arrivals.Run(20, Warmed, new Renters(fleet, new Tally()).Place, _ => { }, ct);

        var tally = new Tally();
        var renters = new Renters(fleet, tally, repeats: by == "kill" ? 1 : 0, readableAfter: OnItsPage);
        var mix = Mix.Parse(Mix.Default);
        var replacing = Replace(system, by == "kill" ? Processes.Kill : Processes.Terminate, tally, ct);
        var requests = 0L;
        while (!replacing.IsCompleted || requests < FewestRequests)
            requests +=
                (await Arrivals.Run(rate, Round, since => renters.Do(mix.Draw(random), since), _ => { }, ct)).Requests;
        var replaced = await replacing;
        await backlog.Drained(TimeSpan.FromMinutes(5), ct);
        var check = await CheckCommand.Run(system, Rest, ct);

        var rows = tally.Rows(TimeSpan.FromSeconds(requests / rate));
        var result = new ReplaceResult(
            by, replaced, requests, tally.Count(Outcome.Repeated), tally.Count(Outcome.Deferred),
            tally.Count(Outcome.Shed), tally.Count(Outcome.Failed), rows, check);
        TallyTable.Show(rows);
        Console.WriteLine(
            $"{replaced} instances replaced ({by}) during {requests} requests: {result.Failed} failed, {result.Shed} "
            + $"shed, {result.PutOff} put off, {result.Repeated} repeated once; {check.Violations.Count} violations");
        await Output.Write(json, result, ct);
        return result.IsGood;
    }

    static async Task<int> Replace(RunningSystem system, int signal, Tally tally, CancellationToken ct)
    {
        var processes = new Processes(system);
        var commands = new ResourceCommands(system);
        var done = 0;
        foreach (var name in Replaced)
        {
            for (var instance = 0; instance < Instances; instance++)
            {
                await Task.Delay(Settling, ct);
                var old = processes.Of(name)[instance];
                Output.Say(
                    $"{name}, instance {instance + 1}; before it {tally.Count(Outcome.Failed)} failed, "
                    + $"{tally.Count(Outcome.Shed)} shed, {tally.Count(Outcome.Deferred)} put off");
                Processes.Send(old, signal);
                await commands.Start(name, ct);
                if (processes.Of(name) is not { Count: Instances } now || now.Any(ids => ids.Intersect(old).Any()))
                    throw new CannotRunException($"{name} was not replaced.");
                done++;
            }
        }

        return done;
    }
}

/// <param name="By">How each instance ended.</param>
/// <param name="Replaced">Instances.</param>
/// <param name="Requests">Sent meanwhile, well-formed all of them.</param>
/// <param name="Repeated">That failed once and were sent again with the same key.</param>
/// <param name="PutOff">Orders taken, to be paid later (202).</param>
/// <param name="Shed">Answered 503 with Retry-After, or 429.</param>
/// <param name="Failed">Anything else, after the repeat if there is one.</param>
/// <param name="Answers">By operation and answer.</param>
/// <param name="Check">Of everything stored, afterwards.</param>
sealed record ReplaceResult(
    string By, int Replaced, long Requests, long Repeated, long PutOff, long Shed, long Failed,
    IReadOnlyList<TallyRow> Answers, CheckResult Check)
{
    // Whose payment is killed half-way is told so (202) and pays later; an orderly end leaves nobody half-way.
    public bool IsGood => Failed == 0 && Shed == 0 && (PutOff == 0 || By == "kill") && Check.IsGood;
}
