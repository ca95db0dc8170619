using Microsoft.Extensions.Hosting;

namespace CarShare.AppHost;

/// <summary>
/// Keeps {directory}/connections while the system is up: one line "resource connection-string" per server and database, for programs that look into the
/// stores themselves. Passwords may be in it: it is its owner's alone.
/// </summary>
sealed class ConnectionsFile(string directory, DistributedApplicationModel model) : BackgroundService
{
    string Connections => Path.Combine(directory, "connections");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Directory.CreateDirectory(directory);
        File.Delete(Connections);
        var lines = new List<string>();
        foreach (var resource in model.Resources.OfType<IResourceWithConnectionString>())
            lines.Add($"{resource.Name} {await resource.GetConnectionStringAsync(stoppingToken)}");
        var file = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var writer = new StreamWriter($"{Connections}.new", file))
            foreach (var line in lines) await writer.WriteLineAsync(line);
        File.Move($"{Connections}.new", Connections, overwrite: true);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        File.Delete(Connections);
    }
}
