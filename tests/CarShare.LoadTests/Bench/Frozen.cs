using CarShare.LoadTests.Load;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Bench;

/// <summary>Holds the gateway and the services of a system still until disposed.</summary>
sealed class Frozen : IDisposable
{
    readonly Processes _processes;

    public Frozen(RunningSystem system)
    {
        _processes = new(system);
        Send(Processes.Stop);
    }

    public void Dispose() => Send(Processes.Continue);

    void Send(int signal)
    {
        foreach (var name in Meters.Own) _processes.Signal(name, signal);
    }
}
