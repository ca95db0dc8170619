using System.Globalization;

namespace CarShare.DeploymentTests.Cluster;

/// <summary>How busy all processors of the node were meanwhile, whoever kept them so.</summary>
sealed class Processors
{
    readonly (long Busy, long All) _start = Read();
    (long Busy, long All)? _end;

    public void Stop() => _end = Read();

    public override string ToString()
    {
        var (busy, all) = _end ?? Read();
        return $"{100.0 * (busy - _start.Busy) / Math.Max(1, all - _start.All):0} % busy";
    }

    static (long Busy, long All) Read()
    {
        // cpu user nice system idle iowait irq softirq steal …; guests are in user already
        var times = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9]
            .Select(time => long.Parse(time, CultureInfo.InvariantCulture)).ToList();
        var all = times.Sum();
        return (all - times[3] - times[4], all);
    }
}
