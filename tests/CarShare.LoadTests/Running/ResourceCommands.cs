using System.Text;

namespace CarShare.LoadTests.Running;

/// <summary>Starts, stops and restarts resources through the AppHost's commands file.</summary>
sealed class ResourceCommands(RunningSystem system)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(90), Pause = TimeSpan.FromMilliseconds(50);

    static readonly SemaphoreSlim Appending = new(1);

    /// <summary>Gives the command and waits for its answer.</summary>
    public async Task Do(string command, string resource, CancellationToken ct)
    {
        var line = $"{command} {resource} {Guid.NewGuid():N}";
        await Append(Path.Combine(system.Logs, "commands"), line, ct);
        var answer = "";
        await Until(() => (answer = Answers().FirstOrDefault(a => a.StartsWith(line, StringComparison.Ordinal))
            ?? "") is not "", $"an answer to '{line}'", ct);
        if (!answer.EndsWith(": done", StringComparison.Ordinal)) throw new CannotRunException(answer);
    }

    /// <summary>Adds a line to a file others may be adding to.</summary>
    public static async Task Append(string file, string line, CancellationToken ct)
    {
        // appending here is seeking and writing, not one step
        await Appending.WaitAsync(ct);
        try
        {
            await using var stream = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), ct);
        }
        finally
        {
            Appending.Release();
        }
    }

    /// <summary>Starts what has ended, and waits until it is healthy.</summary>
    public async Task Start(string resource, CancellationToken ct)
    {
        await Until(() => system.States().Any(s => s.Resource == resource && s.State != "Running"),
            $"the end of {resource}", ct);
        await Do("start", resource, ct);
        await IsReady(resource, ct);
    }

    public Task IsReady(string resource, CancellationToken ct) =>
        Until(() => system.States().Where(s => s.Resource == resource)
            .All(s => s.IsReady), $"{resource} to be healthy", ct);

    string[] Answers()
    {
        var path = Path.Combine(system.Logs, "commands.done");
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }

    static async Task Until(Func<bool> condition, string what, CancellationToken ct)
    {
        var deadline = DateTime.UtcNow + Patience;
        using var timer = new PeriodicTimer(Pause);
        while (!condition())
        {
            if (DateTime.UtcNow > deadline)
                throw new CannotRunException($"Waited {Patience.TotalSeconds} s for {what}.");
            await timer.WaitForNextTickAsync(ct);
        }
    }
}
