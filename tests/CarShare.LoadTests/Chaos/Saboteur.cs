using System.Globalization;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Chaos;

/// <summary>Carries the script out: up to three disturbances at a time, each target one after the other.</summary>
sealed class Saboteur(RunningSystem system, FaultScript script)
{
    const int AtOnce = 3, DelayMilliseconds = 150, Errors = 20;

    readonly ResourceCommands _commands = new(system);
    readonly Processes _processes = new(system);
    readonly SemaphoreSlim _slots = new(AtOnce);
    readonly Dictionary<string, SemaphoreSlim> _targets = FaultScript.Everything.ToDictionary(
        target => target, _ => new SemaphoreSlim(1));
    readonly Dictionary<string, int> _done = [];
    int _begun;

    /// <summary>How often what was done to whom.</summary>
    public IReadOnlyDictionary<string, int> Done => _done;

    /// <summary>Orders may begin up to here; beyond it the script has fallen behind.</summary>
    public int Horizon => _begun < script.Faults.Count
        ? script.Faults[Math.Min(_begun + AtOnce, script.Faults.Count - 1)].AtOrder
        : int.MaxValue;

    public async Task Run(Func<int> ordersBegun, CancellationToken ct)
    {
        var present = system.States().Select(s => s.Resource).ToHashSet();
        var running = new List<Task>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        foreach (var fault in script.Faults)
        {
            while (ordersBegun() < fault.AtOrder)
            {
                await timer.WaitForNextTickAsync(ct);
                // what could not be carried out ends the run now
                if (running.Find(task => task.IsFaulted) is { } broken) await broken;
            }

            await _slots.WaitAsync(ct);
            _begun++;
            if (present.Contains(fault.Target)) running.Add(Guarded(fault, ct));
            else _slots.Release();
        }

        await Task.WhenAll(running);
    }

    /// <summary>Everything runs again and nothing is disturbed any more.</summary>
    public async Task Heal(CancellationToken ct)
    {
        await Disturb("delay 0", ct);
        var present = system.States().Select(s => s.Resource).ToHashSet();
        foreach (var target in FaultScript.Everything.Where(present.Contains))
        {
            _processes.Signal(target, Processes.Continue);
            if (system.States().Any(s => s.Resource == target && s.State != "Running"))
                await _commands.Do("start", target, ct);
        }

        foreach (var target in FaultScript.Everything.Where(present.Contains)) await _commands.IsReady(target, ct);
    }

    async Task Guarded(Fault fault, CancellationToken ct)
    {
        await _targets[fault.Target].WaitAsync(ct);
        try
        {
            await Carry(fault, ct);
            lock (_done)
                _done[$"{fault.Kind} {fault.Target}"] = _done.GetValueOrDefault($"{fault.Kind} {fault.Target}") + 1;
        }
        finally
        {
            _targets[fault.Target].Release();
            _slots.Release();
        }
    }

    async Task Carry(Fault fault, CancellationToken ct)
    {
        switch (fault.Kind)
        {
            case FaultKind.Kill when OneOfThree(fault) is { } broker:
                Processes.Send([broker], Processes.Kill);
                await Task.Delay(fault.Milliseconds, ct);
                await _commands.IsReady(fault.Target, ct);
                break;
            // a container has no process here
            case FaultKind.Kill when _processes.Signal(fault.Target, Processes.Kill) > 0:
                await Task.Delay(fault.Milliseconds, ct);
                await _commands.Start(fault.Target, ct);
                break;
            case FaultKind.Kill or FaultKind.Stop:
                await _commands.Do("stop", fault.Target, ct);
                await Task.Delay(fault.Milliseconds, ct);
                await _commands.Start(fault.Target, ct);
                break;
            case FaultKind.Restart:
                await _commands.Do("restart", fault.Target, ct);
                await _commands.IsReady(fault.Target, ct);
                break;
            case FaultKind.Freeze:
                _processes.Signal(fault.Target, Processes.Stop);
                await Task.Delay(fault.Milliseconds, ct);
                _processes.Signal(fault.Target, Processes.Continue);
                await _commands.IsReady(fault.Target, ct);
                break;
            case FaultKind.Delay:
                await Disturb($"delay {DelayMilliseconds}", ct);
                await Task.Delay(fault.Milliseconds, ct);
                await Disturb("delay 0", ct);
                break;
            case FaultKind.Errors:
                await Disturb($"errors {Errors}", ct);
                break;
        }
    }

    /// <summary>The process of one broker of three, which is started anew by what runs them; null for one.</summary>
    int? OneOfThree(Fault fault)
    {
        var folder = Path.Combine(system.Data, fault.Target);
        var brokers = fault.Target == FaultScript.Broker && Directory.Exists(folder)
            ? Directory.GetFiles(folder, "*.pid") : [];
        return brokers.Length == 0
            ? null : int.Parse(File.ReadAllText(brokers[fault.Milliseconds % brokers.Length]),
                CultureInfo.InvariantCulture);
    }

    /// <summary>Only the local broker listens to this.</summary>
    Task Disturb(string line, CancellationToken ct) =>
        ResourceCommands.Append(Path.Combine(system.Logs, $"{FaultScript.Broker}.faults"), line, ct);
}
