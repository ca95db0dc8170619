using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Hosting;

namespace CarShare.AppHost;

/// <summary>
/// Obeys the lines that are appended to {directory}/commands: "start|stop|restart resource [token]", and appends "line:
/// done" or "line: failed: why" to {directory}/commands.done. The commands of one resource are executed one after the
/// other, those of several side by side. The aspire CLI does the same, but is a tool to be installed and a process of a
/// second for each command. What the orchestrator cannot stop in its time, as on a busy machine, is killed.
/// </summary>
sealed class CommandsFile(
    string directory, DistributedApplicationModel model, ResourceCommandService commands,
    ResourceNotificationService notifications)
    : BackgroundService
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100), Patience = TimeSpan.FromSeconds(20);

    readonly Dictionary<string, Task> _last = [];
    readonly Lock _answers = new();
    readonly ConcurrentDictionary<string, ResourceEvent> _instances = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Watch(stoppingToken), Obey(stoppingToken));

    async Task Obey(CancellationToken stoppingToken)
    {
        await using var file = PrivateFiles.Create(
            Path.Combine(directory, "commands"), FileMode.Create, FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(file);
        using var timer = new PeriodicTimer(Pause);
        var begun = new StringBuilder();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            // only a line that is there to its end is a command
            begun.Append(await reader.ReadToEndAsync(stoppingToken));
            for (int end; (end = begun.ToString().IndexOf('\n')) >= 0; begun.Remove(0, end + 1))
                if (begun.ToString(0, end).Trim() is { Length: > 0 } line) Queue(line, stoppingToken);
        }
    }

    void Queue(string line, CancellationToken stoppingToken)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var resource = model.Resources.FirstOrDefault(r => words.Length > 1 && r.Name == words[1]);
        var command = words[0] switch
        {
            "start" => KnownResourceCommands.StartCommand,
            "stop" => KnownResourceCommands.StopCommand,
            "restart" => KnownResourceCommands.RestartCommand,
            _ => null,
        };
        if (resource is null || command is null)
            Answer(line, "failed: it should be start, stop or restart and the name of a resource");
        else
            _last[resource.Name] = Execute(
                _last.GetValueOrDefault(resource.Name, Task.CompletedTask), line, resource, command, stoppingToken);
    }

    async Task Execute(Task before, string line, IResource resource, string command, CancellationToken stoppingToken)
    {
        await before;
        try
        {
            var processes = Processes(resource);
            var ordered = commands.ExecuteCommandAsync(resource, command, stoppingToken);
            var mayKill = processes.Count > 0 && command != KnownResourceCommands.StartCommand;
            // Where everything stops, each server is left the time it needs.
            if (mayKill && await Task.WhenAny(ordered, Task.Delay(Patience, stoppingToken)) != ordered
                && !stoppingToken.IsCancellationRequested)
                Kill();
            var result = await ordered;
            if (!result.Success && mayKill)
            {
                Kill();
                result = command == KnownResourceCommands.StopCommand
                    ? CommandResults.Success()
                    : await commands.ExecuteCommandAsync(resource, KnownResourceCommands.StartCommand, stoppingToken);
            }

            Answer(line, result.Success ? "done" : $"failed: {result.Message}");

            void Kill()
            {
                foreach (var process in processes) InstanceProcess.Kill(process);
            }
        }
        catch (OperationCanceledException)
        {
            // the application stops
        }
    }

    List<int> Processes(IResource resource) =>
        [.. _instances.Values
            .Where(i => i.Resource == resource && i.Snapshot.State?.Text == KnownResourceStates.Running)
            .Select(i => i.Snapshot.Pid()).OfType<int>()];

    async Task Watch(CancellationToken ct)
    {
        await foreach (var change in notifications.WatchAsync(ct)) _instances[change.ResourceId] = change;
    }

    void Answer(string line, string answer)
    {
        // readers must not be able to lock it
        lock (_answers)
        {
            using var file = PrivateFiles.Create(
                Path.Combine(directory, "commands.done"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            file.Write(Encoding.UTF8.GetBytes($"{line}: {answer}\n"));
        }
    }
}
