using System.Globalization;
using CarShare.LoadTests.Running;

namespace CarShare.LoadTests.Load;

/// <summary>What the processes of one resource have used and hold at one moment, all instances together.</summary>
/// <param name="Resource">Its name; <c>apphost</c> is what starts the others and, locally, forwards their
/// connections.</param>
/// <param name="CpuMilliseconds">User and system time since they began.</param>
/// <param name="MemoryMb">Proportional set size: memory shared by several processes counts once.</param>
/// <param name="Threads">Of all its processes.</param>
/// <param name="Handles">Open file descriptors.</param>
sealed record Reading(string Resource, double CpuMilliseconds, double MemoryMb, int Threads, int Handles);

/// <summary>Reads /proc.</summary>
sealed class Meters(RunningSystem system)
{
    const double MillisecondsPerTick = 10;
    const int ParentField = 1, UserField = 11, SystemField = 12, ChildrenUserField = 13, ChildrenSystemField = 14;

    readonly Processes _processes = new(system);

    public static IReadOnlyList<string> Servers { get; } = ["postgres", "redis", "kafka"];

    public static IReadOnlyList<string> Own { get; } = [.. RunningSystem.Services, "gateway"];

    public IReadOnlyList<Reading> Read()
    {
        var readings = Own.Append("identity").Concat(Servers)
            .Select(name => (Name: name, Ids: _processes.Of(name).SelectMany(instance => instance).ToList())).ToList();
        var host = readings.First(r => r.Name == "gateway").Ids.Take(1)
            .Select(id => (int)Stat($"/proc/{id}")[ParentField]).Where(id => id > 1).ToList();
        return [.. readings.Append((Name: "apphost", Ids: host)).Where(r => r.Ids.Count > 0)
            .Select(r => Measure(r.Name, r.Ids))];
    }

    /// <summary>CPU time of this program itself.</summary>
    public static double OwnCpu() => Environment.CpuUsage.TotalTime.TotalMilliseconds;

    /// <summary>
    /// CPU time in milliseconds, by thread, of the threads on which the runtimes of the services optimise what has run
    /// often. Such a thread ends when it has had nothing to do for some seconds.
    /// </summary>
    public IReadOnlyDictionary<string, double> Optimising() =>
        Own.SelectMany(name => _processes.Of(name)).SelectMany(instance => instance)
            .SelectMany(id => Directory.Exists($"/proc/{id}/task") ? Directory.GetDirectories($"/proc/{id}/task") : [])
            .Select(Optimising).OfType<(string Thread, double Cpu)>()
            .ToDictionary(reading => reading.Thread, reading => reading.Cpu);

    static (string Thread, double Cpu)? Optimising(string thread)
    {
        try
        {
            // The kernel keeps 15 characters of a name.
            if (!File.ReadAllText($"{thread}/comm").StartsWith(".NET Tiered Com", StringComparison.Ordinal))
                return null;
            var stat = Stat(thread);
            return (thread, (stat[UserField] + stat[SystemField]) * MillisecondsPerTick);
        }
        catch (IOException)
        {
            return null;   // It has ended meanwhile.
        }
    }

    static Reading Measure(string name, IReadOnlyCollection<int> ids)
    {
        var (cpu, memory, threads, handles) = (0.0, 0.0, 0, 0);
        foreach (var id in ids)
        {
            try
            {
                var stat = Stat($"/proc/{id}");
                cpu += stat[UserField] + stat[SystemField];
                // Sessions of PostgreSQL that have ended are counted by the process that began them.
                if (name == "postgres" && !ids.Contains((int)stat[ParentField]))
                    cpu += stat[ChildrenUserField] + stat[ChildrenSystemField];
                memory += File.ReadLines($"/proc/{id}/smaps_rollup").Where(line =>
                    line.StartsWith("Pss:", StringComparison.Ordinal)).Sum(line => Number(line.Split(' ')[^2])) / 1024;
                threads += Directory.GetDirectories($"/proc/{id}/task").Length;
                handles += Directory.GetFileSystemEntries($"/proc/{id}/fd").Length;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return new(name, cpu * MillisecondsPerTick, Math.Round(memory, 1), threads, handles);
    }

    /// <summary>The numbers behind the program's name, which may itself contain blanks.</summary>
    static double[] Stat(string path)
    {
        var text = File.ReadAllText($"{path}/stat");
        return [.. text[(text.LastIndexOf(')') + 2)..].Split(' ')
            .Select(field => double.TryParse(field, CultureInfo.InvariantCulture, out var number) ? number : 0)];
    }

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
