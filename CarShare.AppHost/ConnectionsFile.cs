using Microsoft.Extensions.Hosting;

namespace CarShare.AppHost;

/// <summary>
/// Keeps {directory}/connections while the system is up: one line "resource connection-string" per server and database,
/// for programs that look into the stores themselves. Passwords may be in it: it is its owner's alone.
/// </summary>
sealed class ConnectionsFile(string directory, DistributedApplicationModel model) : BackgroundService
{
    string Connections => Path.Combine(directory, "connections");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var lines = new List<string>();
        // A copy: while this waits for addresses, starting adds resources to the model.
        IResourceWithConnectionString[] servers = [.. model.Resources.OfType<IResourceWithConnectionString>()];
        foreach (var resource in servers)
            lines.Add($"{resource.Name} {await resource.GetConnectionStringAsync(stoppingToken)}");
        await using (var writer = new StreamWriter(PrivateFiles.Create($"{Connections}.new")))
            foreach (var line in lines) await writer.WriteLineAsync(line);
        File.Move($"{Connections}.new", Connections, overwrite: true);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        File.Delete(Connections);
    }
}
