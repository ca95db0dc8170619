using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Processes;

/// <summary>
/// Free ports below the range the kernel gives to outgoing connections, so that nobody takes one while its resource restarts.
/// A lock file per port keeps two hosts from choosing the same one before either has opened it.
/// </summary>
sealed class Ports : IDisposable
{
    const int First = 20_000;
    const int End = 32_000;

    readonly string directory = Path.Combine(Path.GetTempPath(), $"carshare-ports-{Environment.UserName}");
    readonly List<FileStream> locks = [];

    public int Take(IReadOnlySet<int> exceptions)
    {
        Directory.CreateDirectory(directory);
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var port = Random.Shared.Next(First, End);
            if (!exceptions.Contains(port) && TryLock(port) && IsFree(port)) return port;
        }
        throw new DistributedApplicationException($"No free port between {First} and {End}.");
    }

    public static bool IsFree(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    bool TryLock(int port)
    {
        try
        {
            var path = Path.Combine(directory, port.ToString(CultureInfo.InvariantCulture));
            locks.Add(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public void Dispose() => locks.ForEach(l => l.Dispose());
}
