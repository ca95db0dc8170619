using Microsoft.Extensions.Hosting;

namespace CarShare.AppHost;

/// <summary>
/// Keeps {directory}/connections while the system is up: one line "resource connection-string" per server and database,
/// for programs that look into the stores themselves. Passwords may be in it: it is its owner's alone.
/// </summary>
sealed class ConnectionsFile(string directory, DistributedApplicationModel model) : BackgroundService
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    string Connections => Path.Combine(directory, "connections");

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var lines = new List<string>();
        foreach (var resource in model.Resources.OfType<IResourceWithConnectionString>())
            lines.Add($"{resource.Name} {await ConnectionString(resource, stoppingToken)}");
        await using (var writer = new StreamWriter(PrivateFiles.Create($"{Connections}.new")))
            foreach (var line in lines) await writer.WriteLineAsync(line);
        File.Move($"{Connections}.new", Connections, overwrite: true);
    }

    /// <summary>
    /// Whoever asks while the addresses are being given out may wait for ever, seen once in some forty starts; who asks
    /// again behind that is told at once.
    /// </summary>
    static async Task<string?> ConnectionString(IResourceWithConnectionString resource, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await resource.GetConnectionStringAsync(ct).AsTask().WaitAsync(Patience, ct);
            }
            catch (TimeoutException)
            {
                // asked again
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        File.Delete(Connections);
    }
}
