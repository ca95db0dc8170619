using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace CarShare.AppHost;

/// <summary>
/// Where a run keeps its data and which ports its local servers use. <c>CARSHARE_DATA</c>: the data directory, by
/// default .carshare/data of the repository. <c>CARSHARE_PORTS=fixed|free</c>: by default free under the testing
/// builder, so that runs can stand side by side. <c>CARSHARE_LOGS</c>: see
/// <see cref="LogFilesExtensions.AddLogFiles"/>.
/// </summary>
sealed record RunSettings(string Data, bool IsDefaultData, bool FreePorts, string? Logs)
{
    // below the range the kernel gives to outgoing connections: a port must not be taken while its server restarts
    const int FirstFreePort = 10_000;
    const int FreePortCount = 5_000;

    static readonly ConcurrentDictionary<(string Data, string Server), int> Given = [];

    public static RunSettings Of(IDistributedApplicationBuilder builder)
    {
        var (given, logs) = (builder.Chosen("CARSHARE_DATA"), builder.Chosen("CARSHARE_LOGS"));
        var testing = builder.Configuration.GetValue("DcpPublisher:RandomizePorts", false);
        var ports = builder.Chosen("CARSHARE_PORTS", "fixed", "free") ?? (testing ? "free" : "fixed");
        var data = Path.GetFullPath(given ?? Path.Combine(builder.AppHostDirectory, "../.carshare/data"));
        // beside the default data, in any other folder: as ./carshare has it, which looks for them there
        logs ??= given is null ? Path.Combine(data, "../logs") : testing ? null : Path.Combine(data, "logs");
        return new(data, given is null, ports == "free", logs is null ? null : Path.GetFullPath(logs));
    }

    public int Port(string server, int fixedPort)
    {
        if (!FreePorts) return fixedPort;
        // the same data, the same port; another run starts looking elsewhere
        for (var offset = 0; offset < FreePortCount; offset++)
        {
            var port = FirstFreePort + (int)((Hash(server) + offset) % FreePortCount);
            // two servers may start looking at the same place
            if (!IsFree(port)
                || Given.Any(other => other.Key.Data == Data && other.Key.Server != server && other.Value == port))
                continue;
            Given[(Data, server)] = port;
            return port;
        }
        throw new DistributedApplicationException($"No free port for {server}.");
    }

    /// <summary>
    /// A volume of its own for each data directory; the container's default name for the default one.
    /// </summary>
    public string? Volume(string server) => IsDefaultData ? null : $"carshare-{server}-{Hash(server):x8}";

    uint Hash(string server) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"{Data}/{server}")));

    static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
