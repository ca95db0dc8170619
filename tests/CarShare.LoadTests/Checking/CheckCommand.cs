using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Checking;

/// <summary>Judges the system that is up.</summary>
sealed class CheckCommand : ICommand
{
    public string Name => "check";

    public string Usage => "[--seconds 120] [--logs folder with the connections of another system] [--json file]";

    public async Task<int> Run(Options options, CancellationToken ct)
    {
        var patience = options.Seconds("seconds", 120);
        var (json, logs) = (options.Text("json"), options.Text("logs"));
        options.NoOthers();
        await using var system = (logs is null ? await RunningSystem.Find(ct) : new(logs))
            ?? throw new CannotRunException("Nothing is up: ./carshare up --detach starts it.");
        var result = await Run(system, patience, ct);
        await Output.Write(json, result, ct);
        return ExitCode.Of(result.IsGood);
    }

    /// <summary>Checks and prints.</summary>
    public static async Task<CheckResult> Run(RunningSystem system, TimeSpan patience, CancellationToken ct)
    {
        await using var stores = await Stores.Open(system);
        var result = await new Check(stores, Output.Say).Run(patience, ct);
        foreach (var violation in result.Violations) Console.WriteLine(violation);
        foreach (var (rule, count) in result.ByRule) Output.Say($"{rule}: {count}");
        Console.WriteLine($"{result.Orders} orders, {result.Violations.Count} violations ({result.Seconds:F1} s)");
        return result;
    }
}
