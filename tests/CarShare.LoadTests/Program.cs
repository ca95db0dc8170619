using CarShare.LoadTests.Bench;
using CarShare.LoadTests.Chaos;
using CarShare.LoadTests.Checking;
using CarShare.LoadTests.Healing;
using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

// One line per command; each is a folder of its own.
ICommand[] commands =
[
    new CheckCommand(),
    new ChaosCommand(),
    new LoadCommand(),
    new ReplaceCommand(),
    new OutageCommand(),
    new BenchCommand(),
    new BareServer.Command(),
];

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

var command = commands.FirstOrDefault(c => c.Name == args.FirstOrDefault());
if (command is null)
{
    Console.Error.WriteLine(
        $"Usage: {string.Join(Environment.NewLine + "       ", commands.Select(c => $"{c.Name} {c.Usage}"))}");
    return ExitCode.CouldNotRun;
}

try
{
    return await command.Run(new Options(args[1..]), stop.Token);
}
catch (CannotRunException e)
{
    Console.Error.WriteLine($"carshare: {e.Message}");
    return ExitCode.CouldNotRun;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped.");
    return ExitCode.CouldNotRun;
}
