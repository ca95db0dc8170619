using CarShare.LoadTests.Checking;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Chaos;

sealed record ChaosResult(
    int Orders, int Seed, string Script, double Seconds, IReadOnlyDictionary<string, int> Faults,
    IReadOnlyDictionary<string, int> Answers, int Promises, int Unanswered, CheckResult Check)
{
    /// <summary>A fault is to be told as 503; 500 is a mistake of ours.</summary>
    public int Mistakes => Answers.GetValueOrDefault("500");

    public bool IsGood => Check.IsGood && Unanswered == 0 && Mistakes == 0;
}

/// <summary>Orders, while everything is killed, stopped, frozen and restarted; then everything must add up.</summary>
sealed class ChaosCommand : ICommand
{
    const int AtOnce = 32;

    static readonly TimeSpan Rest = TimeSpan.FromMinutes(4);

    // Lives short enough to pass within the run.
    static readonly string[] ShortLives =
    [
        "--Settings:orders:Orders__PendingTimeout=00:00:10", "--Settings:orders:Orders__PaymentTimeout=00:00:10",
        "--Settings:orders:Orders__HourLength=00:00:02",
        "--Settings:deliveries:Deliveries__AutoDispatchAfter=00:00:01",
        "--Settings:deliveries:Deliveries__AutoCompleteAfter=00:00:01",
        "--Settings:deliveries:Deliveries__AutoRetrieveAfter=00:00:01",
    ];

    public string Name => "chaos";

    public string Usage => "[--orders 1000] [--seed 1] [--json file]";

    public async Task<int> Run(Options options, CancellationToken ct)
    {
        var (orders, seed) = (options.Number("orders", 1_000), options.Number("seed", 1));
        var json = options.Text("json");
        options.NoOthers();
        await using var system = await RunningSystem.FindOrStart(ShortLives, ct);
        return ExitCode.Of(await system.Judge(async () =>
        {
            var result = await Run(system, orders, seed, ct);
            await Output.Write(json, result, ct);
            return result.IsGood;
        }));
    }

    static async Task<ChaosResult> Run(RunningSystem system, int orders, int seed, CancellationToken ct)
    {
        var script = new FaultScript(orders, seed);
        Output.Say($"{orders} orders, seed {seed}, script {script.Hash} with {script.Faults.Count} disturbances");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var people = new People(system);
        var client = new PatientClient();
        var renting = new Renting(people, client, orders, seed);
        await renting.Prepare(ct);

        var saboteur = new Saboteur(system, script);
        await Output.WithProgress(
            "orders", orders, async bar => await Disturbed(renting, saboteur, orders, bar.Increment, ct));
        await saboteur.Heal(ct);
        Output.Say(
            "everything runs again; done: " + string.Join(
                ", ", saboteur.Done.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => $"{d.Key} {d.Value}")));
        Output.Say(
            "answers: " + string.Join(
                ", ", client.Answers.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key}: {a.Value}")));

        var check = await CheckCommand.Run(system, Rest, ct);
        await using var stores = await Stores.Open(system);
        var broken = await Promises.Check(stores, renting.Promises, ct);
        foreach (var violation in broken) Console.WriteLine(violation);
        check = check with { Violations = [.. check.Violations, .. broken] };
        Console.WriteLine(
            $"chaos: {orders} orders, seed {seed}, script {script.Hash}: {check.Violations.Count} "
            + $"violations, {renting.Promises.Count} answers kept or not, {renting.Unanswered} never answered, "
            + $"{client.Answers.GetValueOrDefault("500")} times 500, {clock.Elapsed.TotalSeconds:F0} s");
        return new(orders, seed, script.Hash, clock.Elapsed.TotalSeconds, saboteur.Done, client.Answers,
            renting.Promises.Count, renting.Unanswered, check);
    }

    /// <summary>So many orders are being placed at a time; what becomes of each goes on beside.</summary>
    static async Task<int> Disturbed(
        Renting renting, Saboteur saboteur, int orders, Action<double> step, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var begun = 0;
        using var places = new SemaphoreSlim(AtOnce * 8);
        var disturbing = saboteur.Run(() => Volatile.Read(ref begun), end.Token);
        var rentals = new List<Task>();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (begun < orders)
        {
            await places.WaitAsync(ct);
            while (begun > saboteur.Horizon && !disturbing.IsCompleted) await pace.WaitForNextTickAsync(ct);
            if (disturbing.IsFaulted) await disturbing;
            var number = begun++;
            rentals.Add(Task.Run(async () =>
            {
                try
                {
                    await renting.Rent(number, ct);
                }
                finally
                {
                    places.Release();
                    step(1);
                }
            }, ct));
        }

        await disturbing;
        await Task.WhenAll(rentals);
        return orders;
    }
}
